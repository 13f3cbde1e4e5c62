// Random requests, written in many ways: one meaning has one form, and another meaning another.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "llm/request_form.h"

namespace trine::llm::request_form_property_test {
namespace {

using Tree = nlohmann::json;

std::string word() {
  return *rc::gen::element<std::string>("a", "b", "\"", "\\", "é", "\n", "k1:a", "s0:", "", "user", "1", "null");
}

Tree tree(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
      return *rc::gen::inRange<int64_t>(-3, 3);
    case 1:
      return static_cast<double>(*rc::gen::inRange(-8, 8)) / 4;
    case 2:
      return *rc::gen::arbitrary<bool>();
    case 3:
      return nullptr;
    case 4:
      return word() + word();
    case 5: {
      Tree list = Tree::array();
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n) list.push_back(tree(depth - 1));
      return list;
    }
    default: {
      Tree object = Tree::object();
      for (int n = *rc::gen::inRange(0, 4); n > 0; --n) object[word()] = tree(depth - 1);
      return object;
    }
  }
}

// The same value with other blanks, members in another order, characters as escapes, whole numbers with a point.
std::string written(const Tree& t) {
  const std::string blank = *rc::gen::element<std::string>("", " ", "\n\t");
  if (t.is_object()) {
    std::vector<std::pair<std::string, Tree>> members;
    for (const auto& [k, v] : t.items()) members.emplace_back(k, v);
    for (size_t i = members.size(); i > 1; --i) std::swap(members[i - 1], members[*rc::gen::inRange<size_t>(0, i)]);
    std::string out = "{" + blank;
    for (size_t i = 0; i < members.size(); ++i)
      out += (i ? "," + blank : "") + written(Tree(members[i].first)) + ":" + written(members[i].second);
    return out + "}" + blank;
  }
  if (t.is_array()) {
    std::string out = "[";
    for (size_t i = 0; i < t.size(); ++i) out += (i ? "," : "") + written(t[i]) + blank;
    return out + "]";
  }
  if (t.is_string()) return t.dump(-1, ' ', *rc::gen::arbitrary<bool>());
  if (t.is_number_integer() && *rc::gen::arbitrary<bool>()) return t.dump() + ".0";
  return t.dump();
}

// What a request means: a number is its value, and members that are left out or null at the top are not there.
Tree meaning(Tree t, bool top = true) {
  if (t.is_number()) return t.get<double>() == 0 ? 0.0 : t.get<double>();
  if (t.is_array())
    for (auto& v : t) v = meaning(v, false);
  if (!t.is_object()) return t;
  Tree out = Tree::object();
  for (const auto& [k, v] : t.items())
    if (!top || (!v.is_null() && k != "user")) out[k] = meaning(v, false);
  return out;
}

RC_GTEST_PROP(RequestForm, OneMeaningHasOneFormHoweverItIsWritten, ()) {
  Tree t = tree(3);
  if (!t.is_object()) t = Tree{{"a", t}};
  const auto a = request_form(Endpoint::chat, written(t)), b = request_form(Endpoint::chat, written(t));
  RC_ASSERT(a.has_value() && b.has_value());
  RC_ASSERT(a->text == b->text);
}

RC_GTEST_PROP(RequestForm, TwoFormsAreEqualOnlyWhereTheMeaningsAre, ()) {
  Tree a = Tree{{"a", tree(2)}}, b = Tree{{"a", tree(2)}};
  const auto one = request_form(Endpoint::chat, written(a)), two = request_form(Endpoint::chat, written(b));
  RC_ASSERT(one.has_value() && two.has_value());
  RC_ASSERT((one->text == two->text) == (meaning(a) == meaning(b)));
}

}  // namespace
}  // namespace trine::llm::request_form_property_test
