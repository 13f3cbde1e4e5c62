#include "json/index.h"

#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "json/read.h"

namespace trine::json::internal {

struct Slot {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::string_view text;
  const char* passed = nullptr;  // walked and found good up to here
};

namespace {

// A body of this size keeps 4 MiB of index per thread; a larger one gives its index back at once.
constexpr size_t kKeepCapacity = size_t{1} << 20;

struct Pool {
  std::vector<std::unique_ptr<Slot>> slots;  // the first `active` are in use, innermost last
  size_t active = 0;
};
thread_local Pool pool;

const char* describe(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "it is empty";
    case simdjson::UTF8_ERROR:
      return "it is not valid UTF-8";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character that is not escaped";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    default:
      return "it cannot be indexed";
  }
}

}  // namespace

bool Index::borrow(std::string_view text) {
  for (size_t i = pool.active; i-- > 0;) {
    const Slot& slot = *pool.slots[i];
    const char* begin = slot.text.data();
    // std::less orders unrelated pointers too.
    if (std::less<>{}(text.data(), begin) || std::less<>{}(begin + slot.text.size(), text.data() + text.size()))
      continue;
    const uint32_t* at = slot.parser->structural_indexes.get();
    const uint32_t count = slot.parser->n_structural_indexes;
    const auto offset = static_cast<uint32_t>(text.data() - begin);
    const uint32_t* found = std::lower_bound(at, at + count, offset);
    if (found == at + count || *found != offset) return false;  // inside a string: text of its own
    base_ = begin;
    at_ = at;
    first_ = static_cast<uint32_t>(found - at);
    count_ = count;
    trusted_ = !std::less<>{}(slot.passed, text.data() + text.size());
    return true;
  }
  return false;
}

Index::Index(std::string_view text) {
  if (text.empty()) {
    problem_ = "it is empty";
    return;
  }
  if (text.size() > kMaxSize) {
    problem_ = "it is larger than 2 GiB";
    return;
  }
  if (borrow(text)) return;

  if (pool.active == pool.slots.size()) pool.slots.push_back(std::make_unique<Slot>());
  Slot& slot = *pool.slots[pool.active];
  if (!slot.parser || slot.parser->capacity() < text.size()) {
    const size_t capacity = std::max<size_t>(text.size() + text.size() / 4, 4096);
    slot.parser.reset();
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(capacity, 1, slot.parser)) {
      slot.parser.reset();
      problem_ = "there is no memory for its index";
      return;
    }
  }
  ++pool.active;
  slot_ = &slot;
  slot.text = text;
  slot.passed = text.data();
  const auto error =
      slot.parser->stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular);
  if (error) {
    problem_ = describe(error);
    slot.text = {};  // nothing to borrow
    return;
  }
  base_ = text.data();
  at_ = slot.parser->structural_indexes.get();
  count_ = slot.parser->n_structural_indexes;
}

void Index::passed(const char* end) {
  if (slot_) slot_->passed = end;
}

Index::~Index() {
  if (!slot_) return;
  --pool.active;
  slot_->text = {};
  if (slot_->parser->capacity() > kKeepCapacity) slot_->parser.reset();
}

}  // namespace trine::json::internal
