// What a model is asked for a piece of a document, and what it answered. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "gateway/jobs/job_order.h"
#include "json/schema.h"

namespace trine::gateway {

// What calls took, as the gateway's own answers say.
struct CallSum {
  int64_t calls = 0;
  Tokens in = 0, out = 0;
  double energy_j = 0, carbon_g = 0, cost = 0;
  CallSum& operator+=(const CallSum& other);
};
std::string to_json(const CallSum& sum);
CallSum call_sum_of(std::string_view json);  // what is missing or odd is zero

// A chat completion's body; bytes [document_begin, document_end) of it are text from the document.
struct Prompt {
  std::string body;
  size_t document_begin = 0, document_end = 0;
};

struct PieceText {
  std::string_view file_name;
  std::string_view text;
  size_t number = 0, of = 1;  // counts from 0
  int first_page = 1, last_page = 1;
};

// `schema`: what the piece's answer is to be. `constrain`: the engine is asked to answer by the schema and nothing
// else.
Prompt piece_prompt(const JobOrder& order, std::string_view schema, const PieceText& piece, bool constrain);
// Asks for the answer once more, with what is wrong with it; with the document's text where that is one piece.
Prompt repair_prompt(const JobOrder& order, std::string_view answer, const std::vector<json::SchemaProblem>& problems,
                     const PieceText* piece, bool constrain);

struct ModelAnswer {
  std::string json;  // an object
  CallSum sum;
};
// Errors (data_loss): it is no chat completion, was cut, or holds no JSON object.
Result<ModelAnswer> read_model_answer(std::string_view body);

// error.message and error.code of an answer that is an error, as far as it has them.
struct ToldError {
  std::string code, message;
};
ToldError read_told_error(std::string_view body);

}  // namespace trine::gateway
