// Letters that look like Latin ones.
#pragma once

namespace trine::guard {

// The small Latin letter that `c` is taken for, 0 for none. Latin letters with accents are letters of their own.
char latin_look_alike(char32_t c);

}  // namespace trine::guard
