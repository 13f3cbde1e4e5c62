// /v1/documents through the program: JSON out of many files, what fails fails alone, and a job that kill -9 ends in the
// middle goes on without asking for what it knows.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { toFile } from 'openai';
import { key, onGpu, pause, realEngine, report, root, Stack, trine, until } from './harness.mjs';

const reader = join(dirname(trine), 'trine-docworker');
const skip = existsSync(reader) ? false : `${reader} is not built`;
const stacks = [];
after(() => Promise.all(stacks.map((stack) => stack.end())));

const schema = {
  type: 'object', required: ['words'], additionalProperties: false,
  properties: { words: { type: 'array', items: { type: 'string' }, minItems: 1 }, number: { type: 'integer' } },
};
const answer = (content, more = {}) => JSON.stringify({
  id: 'c', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: typeof content === 'string' ? content : JSON.stringify(content) }, finish_reason: 'stop', ...more }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
});
// The words marked so in a piece's text, as a model would find them.
const marked = (prompt) => [...prompt.matchAll(/@\w+/g)].map((m) => m[0]);
const pieceOf = (body) => JSON.parse(body).messages.at(-1).content;
// A text of `pieces` paragraphs, each marked, each about as large as a window of 400 tokens.
const paper = (name, pieces) => Array.from({ length: pieces }, (_, i) =>
  `# Chapter ${i + 1}\n\n@${name}${i} ${Array.from({ length: 180 }, (_, w) => `word${i}x${w}`).join(' ')}\n`).join('\n');

async function start(handler, change = () => {}) {
  const stack = new Stack();
  stacks.push(stack);
  const upstream = await stack.upstream(handler);
  await stack.gateway([onGpu('up', upstream.url)], (config) => {
    config.vault = { dir: join(stack.folder, 'vault') };
    config.documents = { on: true };
    change(config);
  });
  const client = stack.client();
  const request = (path, options = {}) => fetch(`${stack.traffic}/v1/documents${path}`, { ...options, headers: { authorization: `Bearer ${key}`, ...options.headers } });
  const create = async (body) => {
    const response = await stack.post('/v1/documents', { model: 'demo', schema, ...body });
    return { status: response.status, body: await response.json() };
  };
  const job = async (id) => (await request(`/${id}`)).json();
  const ended = async (id) => {
    let last;
    await until(async () => (last = await job(id)).status !== 'running', `job ${id} does not end`, 60_000, 50);
    return last;
  };
  return { stack, client, create, job, ended, request };
}
const inline = (filename, text) => ({ filename, file_data: Buffer.from(text).toString('base64') });

test('files become one checked result each, with the page that each value stands on', { skip }, async () => {
  const asked = [];
  const { client, create, ended, request } = await start((_, response, body) => {
    asked.push(JSON.parse(body));
    response.setHeader('content-type', 'application/json');
    response.end(answer({ words: marked(pieceOf(body)) }));
  });
  const kept = await client.files.create({ file: await toFile(Buffer.from(paper('kept', 5)), 'kept.txt'), purpose: 'user_data' });
  const { status, body } = await create({ files: [{ file_id: kept.id }, inline('short.txt', 'Only @short is said.')], instructions: 'All marked words.', options: { window: 400, max_parallel: 2 } });
  assert.equal(status, 202);
  assert.match(body.id, /^doc_[0-9a-f]{32}$/);
  const done = await ended(body.id);
  assert.equal(done.status, 'completed', JSON.stringify(done));
  const [long, short] = done.files;
  assert.deepEqual(long.result, { words: ['@kept0', '@kept1', '@kept2', '@kept3', '@kept4'] });
  assert.equal(long.valid, true);
  assert.ok(long.pieces >= 3, `${long.pieces} pieces`);
  assert.deepEqual(short.result, { words: ['@short'] });
  assert.deepEqual(short.evidence.map(({ path, text, page }) => ({ path, text, page })), [{ path: 'words[0]', text: '@short', page: 1 }]);
  assert.equal(done.usage.calls, asked.length);
  assert.equal(done.usage.prompt_tokens, 100 * asked.length);
  assert.ok(done.usage.energy_j > 0 && done.usage.cost > 0);
  assert.ok(asked.every((a) => a.response_format?.type === 'json_schema' && a.temperature === 0));
  // A piece of several is asked for what it has, the one piece for all.
  const schemaOf = (a) => a.response_format.json_schema.schema;
  assert.ok(asked.some((a) => !schemaOf(a).required) && asked.some((a) => schemaOf(a).required));
  // The file that came with the job went with it; the one that was kept stays.
  assert.deepEqual((await client.files.list()).data.map((f) => f.id), [kept.id]);
  const events = await (await request(`/${body.id}/events`)).text();
  assert.match(events, /event: job\.done/);
  assert.equal((await request(`/${body.id}`, { method: 'DELETE' })).status, 200);
  assert.equal((await request(`/${body.id}`)).status, 404);
});

test('progress comes as events, and goes on behind the last that was seen', { skip }, async () => {
  const waiting = [];
  const { create, request } = await start((_, response, body) => {
    response.setHeader('content-type', 'application/json');
    waiting.push(() => response.end(answer({ words: marked(pieceOf(body)) })));
  });
  const { body } = await create({ files: [inline('a.txt', paper('a', 4))], options: { window: 400, max_parallel: 1 } });
  const first = await request(`/${body.id}/events`);
  const stream = first.body.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  const readTo = async (what) => { while (!seen.includes(what)) { const { value, done } = await stream.read(); assert.ok(!done, seen); seen += value; } };
  await readTo('event: file.read');
  await until(() => waiting.length === 1, 'no call');
  waiting.shift()();
  await readTo('event: piece.done');
  await stream.cancel();
  const ids = [...seen.matchAll(/^id: (.*)$/gm)].map((m) => m[1]);
  const go = setInterval(() => waiting.shift()?.(), 20);
  const rest = await (await request(`/${body.id}/events`, { headers: { 'last-event-id': ids.at(-1) } })).text();
  clearInterval(go);
  const restIds = [...rest.matchAll(/^id: (.*)$/gm)].map((m) => m[1]);
  assert.ok(!rest.includes('event: file.read') && rest.includes('event: file.done') && rest.includes('event: job.done'), rest);
  assert.equal(new Set([...ids, ...restIds]).size, ids.length + restIds.length, 'an event came twice');
});

test('what fails fails alone: a broken file, an engine that fails now and then, an answer that does not fit', { skip }, async () => {
  let calls = 0;
  const { create, ended } = await start((_, response, body) => {
    calls += 1;
    const words = marked(pieceOf(body));
    response.setHeader('content-type', 'application/json');
    if (calls === 1) { response.statusCode = 500; return response.end('{"error":{"message":"out of luck"}}'); }
    if (words[0] === '@mend' && !body.includes('What is wrong with it')) return response.end(answer({ words: 3 }));
    if (words[0] === '@chat') return response.end(answer('I would rather not.'));
    response.end(answer('```json\n' + JSON.stringify({ words: words.slice(0, 1) }) + '\n```'));
  });
  const { body } = await create({
    files: [inline('fine.txt', '@fine'), inline('broken.pdf', '%PDF-1.7\nno more'), inline('mend.txt', '@mend'), inline('chat.txt', '@chat')],
    options: { max_parallel: 1, merge: 'all' },
  });
  const done = await ended(body.id);
  assert.equal(done.status, 'completed', JSON.stringify(done));
  assert.deepEqual(done.files.map((f) => f.status), ['completed', 'failed', 'completed', 'failed'], JSON.stringify(done.files));
  assert.match(done.files[1].error.message, /damaged/);
  assert.deepEqual(done.files[2].result, { words: ['@mend'] });
  assert.match(done.files[3].error.message, /no JSON object/);
  assert.deepEqual(done.result, { words: ['@fine', '@mend'] });
});

test('after kill -9 a job goes on, and no piece is asked for twice that was answered', { skip }, async () => {
  const PIECES = 12;
  const answered = new Map();
  let hold = false;
  const { stack, create, ended } = await start(async (_, response, body) => {
    const piece = pieceOf(body);
    if (hold) return;  // the process dies with these
    await pause(30);
    if (response.destroyed) return;
    answered.set(piece, (answered.get(piece) ?? 0) + 1);
    response.setHeader('content-type', 'application/json');
    response.end(answer({ words: marked(pieceOf(body)) }));
    if (answered.size === 5) hold = true;
  });
  const { body } = await create({ files: [inline('a.txt', paper('a', PIECES))], options: { window: 400, max_parallel: 2 } });
  await until(() => hold, 'the job does not come to its middle', 30_000, 10);
  await pause(500);  // what was answered is kept by now
  const before = new Map(answered);
  await stack.stopGateway('SIGKILL');
  hold = false;
  const first = answered.size;
  await stack.startGateway();
  const done = await ended(body.id);
  assert.equal(done.status, 'completed', JSON.stringify(done));
  assert.deepEqual(done.files[0].result.words.length, PIECES);
  assert.ok(answered.size > first, 'it was not in the middle');
  for (const [piece, times] of before) assert.equal(answered.get(piece), times, `asked for again: ${piece.slice(0, 40)}`);
  assert.equal(done.usage.calls, done.files[0].pieces);
  // Each answered call is one request of the ledger; those that died with the process are there as interrupted.
  const { outcomes } = (await report(trine, stack.configFile)).total;
  assert.equal(outcomes.ok, done.files[0].pieces);
  assert.ok(outcomes.interrupted > 0);
});

test('a job is cancelled in the middle, and jobs have bounds', { skip }, async () => {
  let open = 0;
  const { create, ended, request } = await start((_, response) => { open += 1; response.on('close', () => (open -= 1)); }, (config) => {
    config.document_jobs = { running: 1, files: 2, parallel: 2, pieces: 3 };
  });
  const { body } = await create({ files: [inline('a.txt', paper('a', 2))], options: { window: 400 } });
  await until(() => open === 2, 'no call is open');
  assert.equal((await create({ files: [inline('b.txt', '@b')] })).body.error.code, 'rate_limited');
  assert.equal((await request(`/${body.id}`, { method: 'DELETE' })).status, 202);
  const done = await ended(body.id);
  assert.equal(done.status, 'cancelled');
  await until(() => open === 0, 'a call of the cancelled job is still open');
  const many = await create({ files: [inline('a', 'a'), inline('b', 'b'), inline('c', 'c')] });
  assert.deepEqual([many.status, many.body.error.code], [400, 'over_limit']);
  const long = await create({ files: [inline('long.txt', paper('a', 20))], options: { window: 400 } });
  assert.match((await ended(long.body.id)).files[0].error.message, /over 3 pieces/);
  for (const [change, field] of [[{ schema: { type: 'text' } }, 'schema'], [{ files: [] }, 'files'], [{ files: [{ file_id: 'file-0' }] }, 'files'],
    [{ files: [{ filename: 'a', file_data: '!' }] }, 'files[0].file_data'], [{ options: { windows: 1 } }, 'options.windows']]) {
    const refused = await create({ files: [inline('a', 'a')], ...change });
    assert.deepEqual([refused.status, refused.body.error.param], [400, field], JSON.stringify(refused.body));
  }
  assert.equal((await create({ files: [inline('a', 'a')], model: 'none' })).body.error.code, 'unknown_model');
});

test('a real engine answers by the schema about a real contract', { skip: skip || realEngine() }, async () => {
  const stack = new Stack();
  stacks.push(stack);
  const engine = await stack.llama();
  await stack.gateway([{ ...onGpu('llama', engine.url), engine: 'llama.cpp', model: 'tiny', catalog_model: 'gpt-oss-20b' }], (config) => {
    config.vault = { dir: join(stack.folder, 'vault') };
    config.documents = { on: true };
  });
  const contract = readFileSync(join(root, 'examples/documents/07-supply-agreement.md')).toString('base64');
  // The tiny model knows nothing: a grammar of one value makes its answer a fact.
  const fixed = { type: 'object', properties: { kind: { type: 'string', enum: ['contract'] } }, required: ['kind'] };
  const created = await stack.post('/v1/documents', { model: 'demo', schema: fixed, files: [{ filename: 'agreement.md', file_data: contract }], options: { window: 500, max_tokens: 64 } });
  assert.equal(created.status, 202);
  const { id } = await created.json();
  let done;
  await until(async () => (done = await (await fetch(`${stack.traffic}/v1/documents/${id}`, { headers: { authorization: `Bearer ${key}` } })).json()).status !== 'running', 'the job does not end', 120_000, 200);
  assert.equal(done.status, 'completed', JSON.stringify(done));
  assert.deepEqual(done.files[0].result, { kind: 'contract' });
});

test('without a vault both say what to ask for', async () => {
  const stack = new Stack();
  stacks.push(stack);
  await stack.gateway([onGpu('up', 'http://127.0.0.1:9/v1')]);
  const refused = await stack.post('/v1/documents', { model: 'demo', schema, files: [] });
  assert.equal(refused.status, 501);
  assert.equal((await refused.json()).error.code, 'files_off');
});
