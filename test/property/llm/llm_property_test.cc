// Random requests, answers and events, with nlohmann's parser as the oracle.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "llm/event.h"
#include "llm/request.h"
#include "llm/response.h"

namespace trine::llm::llm_property_test {
namespace {

using Tree = nlohmann::ordered_json;

// Words that look like the protocol's own, so that texts try to be taken for structure.
rc::Gen<std::string> words() {
  return rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
          "usage", "\"usage\":{", "\"error\":{", "\"content\":\"x\"", "\"choices\":[", "[DONE]", "data: ", "\n", "\n\n",
          "\\", "\"", "{", "}", ":", " ", "é", "\"finish_reason\":\"stop\"", "\"trine\":1")),
      [](const std::vector<std::string>& parts) {
        std::string out;
        for (const auto& part : parts) out += part;
        return out;
      });
}

Tree request() {
  std::vector<std::pair<std::string, Tree>> fields = {
      {"model", Tree(*words() + "m")},
      {"messages", Tree::array({{{"role", "user"}, {"content", *words()}}})},
      {"metadata", {{"model", *words()}, {"stream", 1}}}};
  if (*rc::gen::arbitrary<bool>()) fields.emplace_back("stream", *rc::gen::arbitrary<bool>());
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      fields.emplace_back("stream_options", nullptr);
      break;
    case 1:
      fields.emplace_back("stream_options", Tree::object());
      break;
    case 2:
      fields.emplace_back("stream_options", Tree{{"x", *words()}});
      break;
    case 3:
      fields.emplace_back("stream_options", Tree{{"x", 1}, {"include_usage", *rc::gen::arbitrary<bool>()}});
      break;
    default:
      break;
  }
  for (size_t i = fields.size(); i > 1; --i) std::swap(fields[i - 1], fields[*rc::gen::inRange<size_t>(0, i)]);
  Tree out = Tree::object();
  for (auto& [key, value] : fields) out[key] = value;
  return out;
}

RC_GTEST_PROP(Request, TheUpstreamGetsTheSameDocumentButForModelAndUsage, ()) {
  Tree tree = request();
  const std::string body = tree.dump(*rc::gen::element(-1, 1));
  const std::string model = *words();
  const bool ask = *rc::gen::arbitrary<bool>();
  const auto scan = scan_request(Endpoint::chat, body);
  RC_ASSERT(scan.has_value());
  RC_ASSERT(scan->model == tree["model"]);
  RC_ASSERT(scan->stream == tree.value("stream", false));
  json::Splice splice(body);
  std::string sent;
  for (std::string_view piece : upstream_body(splice, *scan, model, ask)) sent += piece;
  if (!model.empty()) tree["model"] = model;
  if (ask && tree.value("stream", false)) {
    if (!tree.contains("stream_options") || tree["stream_options"].is_null()) tree["stream_options"] = Tree::object();
    tree["stream_options"]["include_usage"] = true;
  }
  // Member order is not compared.
  RC_ASSERT(nlohmann::json::parse(sent) == nlohmann::json::parse(tree.dump()));
  RC_ASSERT(scan_request(Endpoint::chat, sent)->include_usage || !hides_usage(*scan, ask));
}

RC_GTEST_PROP(Response, OnlyUsageTrineIsNew, ()) {
  Tree tree = {{"choices", Tree::array({{{"message", {{"content", *words()}}}, {"finish_reason", "stop"}}})}};
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      tree["usage"] = nullptr;
      break;
    case 1:
      tree["usage"] = {{"prompt_tokens", 1}, {"note", *words()}};
      break;
    case 2:
      tree["usage"] = {{"trine", *words()}, {"prompt_tokens", 1}};
      break;
    default:
      break;
  }
  tree["last"] = *words();
  const std::string body = tree.dump(*rc::gen::element(-1, 1));
  const auto scan = scan_response(body);
  RC_ASSERT(scan.has_value());
  const std::string edited = splice_trine(body, *scan, R"({"j":1})").str();
  if (!tree["usage"].is_object()) tree["usage"] = Tree::object();
  tree["usage"]["trine"] = {{"j", 1}};
  RC_ASSERT(nlohmann::json::parse(edited) == nlohmann::json::parse(tree.dump()));
}

RC_GTEST_PROP(Event, WhatTheModelSaysNeverChangesTheFacts, ()) {
  const std::string content = *words(), reasoning = *words();
  const bool stop = *rc::gen::arbitrary<bool>();
  const int form = *rc::gen::inRange(0, 3);  // usage: absent, null, object
  Tree tree = {{"id", *words()},
               {"choices", Tree::array({{{"index", 0},
                                         {"delta", {{"content", content}, {"reasoning_content", reasoning}}},
                                         {"finish_reason", stop ? Tree("stop") : Tree(nullptr)}}})}};
  if (form == 1) tree["usage"] = nullptr;
  if (form == 2) tree["usage"] = {{"prompt_tokens", 5}, {"completion_tokens", 6}};
  // Indented JSON spans several data lines.
  const bool lines = *rc::gen::arbitrary<bool>();
  const std::string end = *rc::gen::element<std::string>("\n", "\r\n", "\r");
  std::string event = "data: ";
  for (const char c : tree.dump(lines ? 1 : -1)) c == '\n' ? event += end + "data:" : event += c;
  event += end + end;

  const auto facts = scan_event(event);
  RC_ASSERT(facts.kind == EventFacts::Kind::content);
  RC_ASSERT(facts.tokens == !content.empty() + !reasoning.empty());
  RC_ASSERT((facts.finish == Finish::stop) == stop);
  RC_ASSERT(facts.usage.has_value() == (form == 2));
  if (form != 2) return;
  RC_ASSERT((*facts.usage == Usage{5, 0, 6, 0}));

  const std::string edited = event_with_trine(event, facts, R"({"j":1})");
  const auto again = scan_event(edited);
  RC_ASSERT((again.usage == facts.usage && again.tokens == facts.tokens && again.kind == facts.kind));
  RC_ASSERT(edited.find(R"("trine":{"j":1})") != std::string::npos);
}

RC_GTEST_PROP(Event, NoBytesAtAllUpsetIt, (const std::string& bytes)) {
  const auto facts = scan_event("data: {" + bytes + "\n\n");
  RC_ASSERT(facts.tokens >= 0);
  RC_ASSERT(event_with_trine(bytes, scan_event(bytes), "{}").size() >= (facts.usage ? bytes.size() : 0));
}

}  // namespace
}  // namespace trine::llm::llm_property_test
