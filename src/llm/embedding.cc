#include "llm/embedding.h"

#include "json/read.h"
#include "json/write.h"

namespace trine::llm {

std::string embedding_request(std::string_view model, std::string_view text) {
  std::string out;
  json::Writer(out)
      .object()
      .key("model")
      .value(model)
      .key("input")
      .value(text)
      .key("encoding_format")
      .value("float")
      .end();
  return out;
}

Result<std::vector<float>> read_embedding(std::string_view answer) {
  std::vector<float> out;
  bool good = false;
  const auto take = [&](json::Value numbers) {
    good = numbers.is_array() && json::each_element(numbers.raw, [&](json::Value n) {
             const auto number = n.as_double();
             if (!number || out.size() >= kMostDimensions) {
               out.clear();
               return false;
             }
             out.push_back(static_cast<float>(*number));
             return true;
           });
  };
  const auto data = json::member(answer, "data");
  if (!data || !*data || !(*data)->is_array()) return fail(Code::data_loss, "the answer holds no embedding");
  const auto walked =
      json::each_element((*data)->raw,
                         [&](json::Value first) {
                           if (!first.is_object()) return false;
                           if (const auto numbers = json::member(first.raw, "embedding"); numbers && *numbers)
                             take(**numbers);
                           return false;
                         },
                         false);
  if (!walked || !good || out.empty()) return fail(Code::data_loss, "the answer holds no embedding");
  return out;
}

}  // namespace trine::llm
