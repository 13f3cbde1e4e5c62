// One document: which reader it goes to, and the readers of formats that need the large libraries.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "docworker/output.h"

namespace trine::docworker {

class Recogniser;  // of text in images: ocr.h

// What readers of containers hand their inner documents to.
struct Context {
  Output& out;
  const documents::Job& job;
  Recogniser* ocr = nullptr;  // null: none is loaded
  int depth = 0;              // of documents inside each other
};

// Reads a document into context.out as a new part. Throws Refusal when it is the outermost; an inner one that cannot
// be read is listed with the reason, and the outer one goes on (limits of the whole job end the job).
void extract(std::string_view bytes, const std::string& name, Context& context);
// An inner document: listed, and read where the job wants it and the depth allows it.
void extract_inner(std::string_view bytes, const std::string& name, Context& context);

void read_pdf(std::string_view bytes, Context& context);
void read_image(std::string_view bytes, Format format, Context& context);

}  // namespace trine::docworker
