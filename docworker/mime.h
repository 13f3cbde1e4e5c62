// MIME entities: headers and bodies as views into the mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "docworker/output.h"

namespace trine::docworker::mime {

struct Entity {
  std::string from, to, cc, date, subject;  // unfolded, encoded words as they stand
  std::string content_type, disposition, encoding, content_id;
  std::string type = "text", subtype = "plain";  // of content_type, lower case
  std::string_view body;
};

Entity parse(std::string_view bytes, Budget& budget);
// The parts between the lines of a boundary. Without its lines, nothing.
std::vector<std::string_view> parts(std::string_view body, const std::string& boundary, Budget& budget);
std::string decoded_body(const Entity& entity);  // of base64 and quoted-printable
// The value of a parameter: quoted or not, in pieces (name*0), with a charset (name*=utf-8''...). "" if not there.
std::string parameter(std::string_view header, std::string_view name);
std::string_view first_word(std::string_view header);  // up to ';'

}  // namespace trine::docworker::mime
