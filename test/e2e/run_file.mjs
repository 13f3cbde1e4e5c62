#!/usr/bin/env node
// Runs one test file and tells ctest how it went: 0 passed, 77 everything in it was skipped, 1 something failed.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const file = join(here, process.argv[2]);
const child = spawn(process.execPath, ['--test', '--test-reporter=tap', file], { stdio: ['ignore', 'pipe', 'inherit'] });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
let text = '';
child.stdout.on('data', (data) => {
  text += data;
  process.stdout.write(data);
});
child.on('exit', (code) => {
  // Newer runners count the file itself nowhere, older ones as one test: so look at the tests' own lines.
  const lines = text.split('\n').filter((line) => /^\s*(not )?ok \d+/.test(line) && !line.includes('.test.mjs'));
  const failed = lines.some((line) => /^\s*not ok/.test(line) && !line.includes('# TODO'));
  const ran = lines.some((line) => !line.includes('# SKIP'));
  if (code !== 0 || failed) process.exit(1);
  if (lines.length === 0) {
    console.error('no test was run');
    process.exit(1);
  }
  process.exit(ran ? 0 : 77);
});
