// Text recognition with tesseract, from language data that were read before the sandbox closed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docworker/image.h"
#include "docworker/layout.h"

namespace tesseract {
class TessBaseAPI;
}

namespace trine::docworker {

class Recogniser {
 public:
  // Reads the files of `languages` ("deu+eng") in `folder`; those that are missing are left out.
  Recogniser(const std::string& folder, const std::string& languages);
  ~Recogniser();
  Recogniser(const Recogniser&) = delete;
  Recogniser& operator=(const Recogniser&) = delete;

  std::vector<std::string> languages() const;
  // Words with boxes in points. Languages that are not loaded are left out, with a warning; without any, the image has
  // no words. The first call with other languages than the last loads them anew (some 100 ms).
  std::vector<Word> words(const GrayImage& image, const std::string& languages, Output& out);

 private:
  bool ready(const std::string& languages, Output& out);

  std::map<std::string, std::vector<char>> data_;
  std::unique_ptr<tesseract::TessBaseAPI> api_;
  std::string loaded_;
};

}  // namespace trine::docworker
