// ZIP files in memory, with what unpacking costs counted before and while it happens.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "docworker/output.h"

struct zip;

namespace trine::docworker {

class Zip {
 public:
  // Refuses what is no ZIP (damaged) or has more entries than the budget has objects.
  Zip(std::string_view bytes, Budget& budget);
  ~Zip();
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;

  std::string names() const;  // a line each
  bool has(const std::string& name) const;
  // Refuses: encrypted, damaged (also: no such entry), too compressed.
  std::string read(const std::string& name) const;

 private:
  ::zip* archive_ = nullptr;
  Budget& budget_;
};

}  // namespace trine::docworker
