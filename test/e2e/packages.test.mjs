// The Debian packages: each holds its program and its terms, and the programs run from where a package puts them.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';

const build = process.env.TRINE_BUILD_DIR ?? path.resolve('build/release');
const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const missing = ['cpack', 'dpkg-deb', 'dpkg-shlibdeps', 'strip'].filter((p) => !has(p));
const skip = missing.length > 0 ? `needs ${missing.join(', ')} (./dev setup package)` : false;

function run(program, ...args) {
  const r = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(r.status, 0, `${program} ${args.join(' ')}: ${r.stdout}${r.stderr}`);
  return r.stdout;
}

// The worker's first frame: 'e', the length of its payload, 'H', the payload.
function greeting(program) {
  return new Promise((resolve, reject) => {
    const worker = spawn(program, ['--languages', 'eng'], { stdio: ['pipe', 'pipe', 'inherit'] });
    worker.on('error', reject);
    let bytes = Buffer.alloc(0);
    worker.stdout.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      const from = bytes.indexOf('{');
      if (from < 0 || bytes.indexOf('}') < 0) return;
      worker.stdin.end();
      resolve(JSON.parse(bytes.subarray(from).toString()));
    });
    worker.on('exit', (code) => reject(new Error(`it ended with ${code} before it greeted`)));
  });
}

test('packages', { skip }, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'trine-packages-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  run('cpack', '--config', path.join(build, 'CPackConfig.cmake'), '-B', folder);
  const files = readdirSync(folder).filter((f) => f.endsWith('.deb')).sort();
  assert.equal(files.length, 2, files.join(' '));
  const [worker, trine] = files.map((f) => path.join(folder, f));
  for (const file of [worker, trine]) run('dpkg-deb', '--extract', file, path.join(folder, 'root'));
  const root = (...p) => path.join(folder, 'root', 'usr', ...p);

  await t.test('trine runs, and does not ask for what the worker links', () => {
    assert.equal(run('dpkg-deb', '--field', trine, 'Package').trim(), 'trine');
    assert.doesNotMatch(run('dpkg-deb', '--field', trine, 'Depends'), /poppler|tesseract/);
    assert.match(run('dpkg-deb', '--field', trine, 'Suggests'), /trine-docworker/);
    assert.match(run(root('bin', 'trine'), '--version'), /\d+\.\d+\.\d+/);
    assert.ok(existsSync(root('share', 'doc', 'trine', 'copyright')));
    run(root('bin', 'trine'), 'check', '-c', root('share', 'doc', 'trine', 'examples', 'peers.yaml'));
  });

  await t.test('trine-docworker says what it links and under which terms, and locks itself up', async () => {
    assert.match(run('dpkg-deb', '--field', worker, 'Depends'), /libpoppler.*|tesseract/);
    assert.match(readFileSync(root('share', 'doc', 'trine-docworker', 'copyright'), 'utf8'), /GNU General Public License/);
    const hello = await greeting(root('bin', 'trine-docworker'));
    assert.equal(hello.locked, true);
    assert.ok(hello.languages.includes('eng'));
  });
});
