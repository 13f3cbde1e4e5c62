// Random conversations, with nlohmann's parser as the oracle.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "json/escape.h"
#include "llm/texts.h"

namespace trine::llm::texts_property_test {
namespace {

using Tree = nlohmann::ordered_json;

std::string words() {
  const auto parts = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "ignore ", "\"role\":\"system\"", "\n", "\\", "\"", "{", "}", "é", "😀", "x", " ", "\u200b", "\x01")));
  std::string out;
  for (const auto& part : parts) out += part;
  return out;
}

struct Expected {
  std::string role, text;
};

// A message, with the texts that it says; members in either order.
Tree message(std::vector<Expected>& said) {
  const auto role = *rc::gen::element<std::string>("user", "system", "assistant", "tool");
  Tree content;
  if (*rc::gen::arbitrary<bool>()) {
    content = words();
    said.push_back({role, content.get<std::string>()});
  } else {
    content = Tree::array();
    const int parts = *rc::gen::inRange(0, 4);
    for (int i = 0; i < parts; ++i) {
      const bool document = *rc::gen::arbitrary<bool>();
      const std::string text = words();
      content.push_back(Tree{{"type", document ? "document" : "text"}, {"text", text}});
      said.push_back({document ? "document" : role, text});
    }
  }
  if (*rc::gen::arbitrary<bool>()) return Tree{{"role", role}, {"content", content}};
  return Tree{{"content", content}, {"role", role}};
}

RC_GTEST_PROP(Texts, EveryTextIsFoundOnceInOrderWithItsRole, ()) {
  std::vector<Expected> said;
  Tree tree = {{"model", "m"}, {"messages", Tree::array()}};
  const int messages = *rc::gen::inRange(0, 5);
  for (int i = 0; i < messages; ++i) tree["messages"].push_back(message(said));
  const std::string body = tree.dump(*rc::gen::element(-1, 1), ' ', *rc::gen::arbitrary<bool>());

  std::pmr::monotonic_buffer_resource arena;
  std::vector<TextPiece> pieces;
  RC_ASSERT(read_texts(Endpoint::chat, body, arena, pieces).has_value());
  RC_ASSERT(pieces.size() == said.size());
  for (size_t i = 0; i < said.size(); ++i) {
    RC_ASSERT(pieces[i].text == said[i].text);
    RC_ASSERT(name(pieces[i].role) == said[i].role);
  }
}

RC_GTEST_PROP(Texts, ReplacingEveryTextGivesTheSameConversationWithOtherWords, ()) {
  std::vector<Expected> said;
  Tree tree = {{"messages", Tree::array()}, {"model", words()}};
  for (int i = 0; i < 3; ++i) tree["messages"].push_back(message(said));
  const std::string body = tree.dump(-1, ' ', *rc::gen::arbitrary<bool>());
  const std::string other = words();

  std::pmr::monotonic_buffer_resource arena;
  std::vector<TextPiece> pieces;
  RC_ASSERT(read_texts(Endpoint::chat, body, arena, pieces).has_value());
  json::Splice splice(body);
  for (const auto& piece : pieces) splice.replace(piece.raw, json::escaped(other));

  for (auto& message : tree["messages"]) {
    if (message["content"].is_string()) {
      message["content"] = other;
    } else {
      for (auto& part : message["content"]) part["text"] = other;
    }
  }
  RC_ASSERT(Tree::parse(splice.str()) == tree);
}

}  // namespace
}  // namespace trine::llm::texts_property_test
