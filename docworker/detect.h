// What a file is, by its contents alone.
//
// The rule, also for files that are several things at once: what stands at byte 0 decides. Only when nothing known
// stands there, a PDF head within the first 1024 bytes makes it a PDF (writers of PDF put junk in front). A ZIP must
// begin with a local header; its inner names tell which document it is. Text is what has no NUL and few control bytes.
#pragma once

#include <string>
#include <string_view>

#include "documents/document.h"

namespace trine::docworker {

struct Detected {
  documents::Format format = documents::Format::unknown;
  std::string what;  // for what is not read: "a Word 97 document"; may be empty
  bool encrypted = false;
  std::string also;  // a second format that other programs might see in it; may be empty
};

// ZIP files are told apart by `zip_names`: the names of their entries, a line each, and the contents of "mimetype".
Detected detect(std::string_view bytes);
Detected detect_zip(std::string_view names, std::string_view mimetype);

// Of text, decoded to UTF-8.
documents::Format detect_text(std::string_view utf8);

}  // namespace trine::docworker
