// Encodings undone, one run at a time. Pure; each takes time linear in its input and writes less than that many bytes
// (codes of one character: at most 4 bytes for each). A decoder that finds a character of no meaning says so by an
// empty answer; whether the bytes are text is `keep_text`'s to say.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trine::guard {

std::string decode_base64(std::string_view run);    // both alphabets, padding or none
std::string decode_base32(std::string_view run);    // RFC 4648, upper case
std::string decode_hex(std::string_view run);       // pairs; anything else between them is passed over
std::string decode_ascii85(std::string_view run);   // Adobe's, without <~ ~>
std::string decode_base85(std::string_view run);    // RFC 1924's alphabet
std::string decode_binary(std::string_view run);    // eight digits each; anything else is passed over
std::string decode_decimals(std::string_view run);  // "105 103 110": code points below U+0250
std::string decode_uu_line(std::string_view line);
std::string decode_morse(std::string_view run);      // words parted by / or |
std::string decode_braille(std::string_view run);    // UTF-8 of U+2800..28FF, grade 1
std::string turn_upright(std::string_view flipped);  // upside-down text, last letter first

// Letters moved back by `shift`; 26 is atbash, which mirrors the alphabet.
std::string shift_letters(std::string_view text, int shift);
std::string reverse_text(std::string_view utf8);
std::string reverse_words(std::string_view utf8);

// One code in place, at the beginning of `text`: what it stands for and how long it is.
struct CodedText {
  std::string text;
  size_t length = 0;
  bool letter = false;  // an ASCII letter, which nobody needs to encode
};
std::optional<CodedText> percent_code(std::string_view text);  // %69, %u0069
std::optional<CodedText> html_code(std::string_view text);     // &#105; &#x69; &lt;
std::optional<CodedText> escape_code(std::string_view text);   // \u0069 \u{69} \x69 \151
std::optional<CodedText> quoted_code(std::string_view text);   // =69, and = before a line end

// Keeps of decoded bytes what is text: all, when nearly all of it is, or its long readable stretches. False, and
// nothing kept, when there are none. UTF-16 of ASCII text becomes ASCII.
bool keep_text(std::string& bytes);

}  // namespace trine::guard
