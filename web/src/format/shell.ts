// Commands to copy into a terminal. Names in them come from clients: a shell must read each as one word, and as a word only.

// A control character acts on the terminal itself, also between quotes; no name that the ledger keeps needs one.
const control = /\p{Cc}/gu;

// The value as one word of a POSIX shell.
export function quoted(value: string): string {
  if (/^[\w.,:@%+/=-]+$/.test(value)) return value;
  return `'${value.replace(control, '?').replaceAll("'", "'\\''")}'`;
}

// With `=`: a value that begins with `-` is no option then.
export function option(name: string, value: string): string {
  return `--${name}=${quoted(value)}`;
}
