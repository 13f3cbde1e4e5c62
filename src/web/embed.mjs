// node embed.mjs DIST OUT_DIR: makes OUT_DIR/assets.cc of the files in DIST, each as it is and packed with gzip.
// An assembler's .incbin takes them in: array literals of half a megabyte would be the slowest file of the build.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
const types = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml', json: 'application/json', png: 'image/png', ico: 'image/x-icon', woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8', webmanifest: 'application/manifest+json',
};

const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  .map((f) => join(f.parentPath ?? f.path, f.name)).sort();
mkdirSync(out, { recursive: true });
let blobs = '', rows = '';
files.forEach((file, i) => {
  const path = '/' + relative(dist, file).replaceAll('\\', '/');
  const type = types[path.split('.').pop()];
  if (!type) throw new Error(`${path}: no content type is known for this name`);
  const bytes = readFileSync(file);
  let packed = gzipSync(bytes, { level: 9 });
  if (packed.length > bytes.length * 0.95) packed = Buffer.alloc(0);
  for (const [name, data] of [[`asset_${i}`, bytes], [`asset_${i}_gz`, packed]]) {
    writeFileSync(join(out, name), data);
    blobs += `TRINE_BLOB(${name}, "${join(out, name)}")\n`;
  }
  const lasting = /^\/assets\/.*-[\w-]{8,}\.\w+$/.test(path);
  rows += `      {"${path}", "${type}", view(asset_${i}, asset_${i}_end), view(asset_${i}_gz, asset_${i}_gz_end), ${lasting}},\n`;
});
writeFileSync(join(out, 'assets.cc'), `#include "web/assets.h"

// clang-format off
#define TRINE_BLOB(name, file)                                                                                  \\
  __asm__(".section .rodata\\n.global trine_" #name "\\ntrine_" #name ":\\n.incbin \\"" file "\\"\\n"             \\
          ".global trine_" #name "_end\\ntrine_" #name "_end:\\n.byte 0\\n.previous\\n");                        \\
  extern "C" const char name[] __asm__("trine_" #name);                                                          \\
  extern "C" const char name##_end[] __asm__("trine_" #name "_end");
${blobs}
namespace trine::web {

std::span<const Asset> assets() {
  const auto view = [](const char* begin, const char* end) {
    return std::string_view(begin, static_cast<size_t>(end - begin));
  };
  static const Asset all[] = {
${rows}  };
  return all;
}

}  // namespace trine::web
`);
