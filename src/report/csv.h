// Tables of exact figures for other programs (RFC 4180, UTF-8, CRLF). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trine::report {

class Csv {
 public:
  explicit Csv(const std::vector<std::string>& columns);

  // A name. What a spreadsheet would take for a formula (=, +, -, @ in front) gets an apostrophe; also behind what cuts
  // a line into cells, since where the decimal sign is a comma a spreadsheet cuts at semicolons, quoted or not.
  Csv& text(std::string_view name);
  // Digits as they are; empty where nothing is known.
  Csv& number(std::string_view digits);
  // `units` of 10^-decimals, exactly.
  Csv& exact(int64_t units, int decimals);
  void end_row();

  const std::string& bytes() const { return out_; }

 private:
  void put(std::string_view cell);
  std::string out_;
  bool first_ = true;
};

}  // namespace trine::report
