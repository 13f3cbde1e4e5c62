// The system prompts and answers of this folder: "=== name language", the prompt, and after each "--- answer" an answer
// that follows the prompt without giving it away.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace trine::guard::test {

struct PromptCase {
  std::string name, language, prompt;
  std::vector<std::string> answers;
};

inline std::vector<PromptCase> prompt_cases(const std::string& source_dir) {
  std::vector<PromptCase> out;
  for (const char* file : {"prompts_en.txt", "prompts_other.txt"}) {
    std::ifstream in(source_dir + "/test/unit/guard/leak/" + file);
    if (!in) throw std::runtime_error(std::string("cannot read ") + file);
    std::string* text = nullptr;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("=== ")) {
        const size_t space = line.rfind(' ');
        out.push_back({line.substr(4, space - 4), line.substr(space + 1), {}, {}});
        text = &out.back().prompt;
      } else if (line == "--- answer") {
        text = &out.back().answers.emplace_back();
      } else {
        if (!text->empty()) *text += '\n';
        *text += line;
      }
    }
  }
  return out;
}

}  // namespace trine::guard::test
