// Runs the commands of a page in docs/ and looks for the lines that it quotes.
#pragma once

#include <functional>
#include <map>
#include <sstream>

#include "integration/cli/program.h"

namespace trine::cli::testing {

// Line breaks are blanks, and so are several: prose is wrapped, tables are padded by their widest cell.
inline std::string squeezed(const std::string& text) {
  std::istringstream words(text);
  std::string out, word;
  while (words >> word) out += (out.empty() ? "" : " ") + word;
  return out;
}

inline std::string read_page(const std::string& name) {
  std::ifstream file(TRINE_SOURCE_DIR "/docs/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// As a shell would split it, as far as pages need that: "..." is one word.
inline std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, some = false;
  for (const char c : command + " ") {
    if (c == '"') {
      quoted = !quoted;
      some = true;
    } else if (c == ' ' && !quoted) {
      if (some) words.push_back(word);
      word.clear();
      some = false;
    } else {
      word += c;
      some = true;
    }
  }
  return words;
}

struct PageRun {
  int commands = 0, quoted = 0;
  std::map<std::string, std::string> printed;  // by command, each line squeezed
};

// A block that begins with ``` runs its lines "$ trine ...", in `folder` where one is given; what follows such a line
// is quoted from its output. A block "```yaml NAME" is a file, written to `folder` first. `at_comment` gets the text of
// each "<!-- ... -->" line when it is reached.
inline PageRun run_page(const std::string& text, const std::string& folder = {},
                        const std::function<void(const std::string&)>& at_comment = {}) {
  PageRun run;
  std::istringstream lines(text);
  std::string line, command, output;
  std::ofstream file;
  bool block = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("```")) {
      block = !block;
      command.clear();
      file.close();
      const auto name = line.find(' ');
      if (block && name != line.npos) file.open(folder + "/" + line.substr(name + 1));
    } else if (block && file.is_open()) {
      file << line << "\n";
    } else if (block && line.starts_with("$ trine ")) {
      command = line.substr(8);
      ++run.commands;
      auto& known = run.printed[command];
      if (known.empty()) {
        const auto ran = run_trine(words_of(command), folder);
        EXPECT_EQ(ran.status, 0) << command << ": " << ran.err;
        std::istringstream printed(ran.out);
        for (std::string each; std::getline(printed, each);) known += squeezed(each) + "\n";
      }
      output = "\n" + known;
    } else if (block && !command.empty()) {
      ++run.quoted;
      EXPECT_NE(output.find("\n" + squeezed(line) + "\n"), std::string::npos)
          << "trine " << command << " does not print: " << line << output;
    } else if (!block && line.starts_with("<!-- ") && at_comment) {
      at_comment(line.substr(5, line.size() - 9));
    }
  }
  return run;
}

}  // namespace trine::cli::testing
