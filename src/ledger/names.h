// Names that records repeat, and the rows they have in the database. Internal to the ledger. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace trine::ledger {

// Packed names (CallRow::target, RequestRow::origin) or a user's name. The ids come with the first write.
struct Named {
  std::string_view packed;
  int64_t id = 0;              // of its row; 0: not known yet
  std::optional<int64_t> key;  // of an origin: its key's identity
};

class Names {
 public:
  // Each stays where it is until shrink().
  Named* target(std::string_view packed) { return find(targets_, packed); }
  Named* origin(std::string_view packed) { return find(origins_, packed); }
  Named* user(std::string_view name) { return name.empty() ? nullptr : find(users_, name); }

  void forget_ids();  // after a rollback or an erasure
  void shrink();      // REQUIRES: nobody holds a Named

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
  };
  using Map = std::unordered_map<std::string, Named, Hash, std::equal_to<>>;
  static Named* find(Map& map, std::string_view packed);

  Map targets_, origins_, users_;
};

}  // namespace trine::ledger
