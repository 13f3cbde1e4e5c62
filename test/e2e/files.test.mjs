// /v1/files through the program, by the unmodified OpenAI client: files are kept sealed, across restarts, for their
// project alone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { toFile } from 'openai';
import { key, onGpu, Stack } from './harness.mjs';

const other = 'sk-e2e-other-project';
const stack = new Stack();
after(() => stack.end());
const vault = join(stack.folder, 'vault');
const secretWord = 'a-word-that-nobody-finds-on-the-disk';

await stack.gateway([onGpu('up', 'http://127.0.0.1:9/v1')], (config) => {
  config.vault = { dir: vault };
  config.files = { file: '1MiB', count: 3, total: '2MiB' };
  config.keys.push({ id: 'other', secret: other, org: 'acme', team: 'tests', project: 'other' });
  config.keys.push({ id: 'colleague', secret: `${key}-2`, org: 'acme', team: 'tests', project: 'e2e' });
});
const client = stack.client();
const upload = (name, text) => toFile(Buffer.from(text), name).then((file) => client.files.create({ file, purpose: 'user_data' }));
const bytesOf = async (id, as = client) => Buffer.from(await (await as.files.content(id)).arrayBuffer()).toString();

test('a file is kept, listed, given back and deleted', async () => {
  const file = await upload('über "mich".txt', secretWord);
  assert.match(file.id, /^file-[0-9a-f]{32}$/);
  assert.deepEqual({ ...file, id: 0, created_at: 0, expires_at: 0 }, {
    id: 0, object: 'file', bytes: secretWord.length, created_at: 0, expires_at: 0, filename: 'über "mich".txt', purpose: 'user_data', status: 'processed',
  });
  assert.ok(file.expires_at - file.created_at > 29 * 86400);
  assert.deepEqual(await client.files.retrieve(file.id), file);
  assert.deepEqual((await client.files.list()).data, [file]);
  assert.equal(await bytesOf(file.id), secretWord);
  assert.deepEqual(await client.files.delete(file.id), { id: file.id, object: 'file', deleted: true });
  await assert.rejects(client.files.retrieve(file.id), { status: 404, code: 'not_found' });
  await assert.rejects(client.files.delete(file.id), { status: 404 });
  assert.deepEqual((await client.files.list()).data, []);
});

test('it outlasts a restart, and its words are nowhere on the disk', async () => {
  const { id } = await upload('kept.txt', secretWord);
  await stack.stopGateway('SIGKILL');
  for (const name of ['vault.db', 'vault.db-wal']) {
    let bytes = '';
    try { bytes = readFileSync(join(vault, name), 'latin1'); } catch { continue; }
    assert.ok(!bytes.includes(secretWord) && !bytes.includes('kept.txt'), name);
  }
  await stack.startGateway();
  assert.equal(await bytesOf(id), secretWord);
  await client.files.delete(id);
});

test('another project sees nothing of it; another key of the same project does', async () => {
  const { id } = await upload('ours.txt', 'ours');
  const stranger = stack.client({ apiKey: other });
  await assert.rejects(stranger.files.retrieve(id), { status: 404 });
  await assert.rejects(stranger.files.content(id), { status: 404 });
  await assert.rejects(stranger.files.delete(id), { status: 404 });
  assert.deepEqual((await stranger.files.list()).data, []);
  assert.equal(await bytesOf(id, stack.client({ apiKey: `${key}-2` })), 'ours');
  await assert.rejects(stack.client({ apiKey: 'sk-nobody' }).files.list(), { status: 401 });
  await client.files.delete(id);
});

test('pages, bounds and wrong requests are answered with what to do', async () => {
  await assert.rejects(upload('large.bin', 'x'.repeat((1 << 20) + 1)), { status: 413, code: 'body_too_large' });
  await assert.rejects(client.files.create({ file: await toFile(Buffer.from('x'), 'x'), purpose: 'mischief' }), { status: 400, code: 'invalid_request' });
  const ids = [];
  for (const name of ['a', 'b', 'c']) ids.push((await upload(name, name)).id);
  await assert.rejects(upload('d', 'd'), (error) => error.status === 409 && /keeps 3 files/.test(error.message));
  const page = await client.files.list({ limit: 2 });
  assert.equal(page.data.length, 2);
  assert.equal(page.has_more, true);
  const all = [];
  for await (const f of client.files.list({ limit: 2 })) all.push(f.id);
  assert.deepEqual(all.sort(), ids.sort());
  const patched = await fetch(`${stack.traffic}/v1/files`, { method: 'PATCH', headers: { authorization: `Bearer ${key}` } });
  assert.equal(patched.status, 405);
  assert.equal(patched.headers.get('allow'), 'GET, HEAD, POST');
  const broken = await fetch(`${stack.traffic}/v1/files`, {
    method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=XX' }, body: '--XX\r\nContent-Disposition: form-data; name="file"\r\n\r\nx',
  });
  assert.equal(broken.status, 400);
});
