// Files through the program, by the unmodified OpenAI client: what the model gets, and what the ledger says was spared.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { finalView, key, onGpu, realEngine, root, Stack, trine } from './harness.mjs';

const reader = join(dirname(trine), 'trine-docworker');
const skip = existsSync(reader) ? false : `${reader} is not built`;
const stacks = [];
after(() => Promise.all(stacks.map((stack) => stack.end())));

const sample = (name) => readFileSync(join(root, 'examples/documents', name));
const file = (name, bytes = sample(name)) => ({ type: 'file', file: { filename: name, file_data: `data:application/octet-stream;base64,${bytes.toString('base64')}` } });
const ask = (...parts) => ({ model: 'demo', max_tokens: 8, messages: [{ role: 'user', content: [{ type: 'text', text: 'Sum up.' }, ...parts] }] });
const withDocuments = (more = {}) => (config) => { config.documents = { on: true, ...more }; };

// A stack before an engine that answers, and shows what it was asked last.
async function listening(change) {
  const stack = new Stack();
  stacks.push(stack);
  const asked = [];
  const upstream = await stack.upstream((request, response, body) => {
    asked.push(JSON.parse(body));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'c1', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }], usage: { prompt_tokens: 900, completion_tokens: 2, total_tokens: 902 } }));
  });
  await stack.gateway([onGpu('up', upstream.url)], change);
  return { stack, client: stack.client(), textOf: () => asked.at(-1).messages[0].content.map((part) => part.text).join('\n'), asked };
}

test('a PDF, a scan and a letter arrive as their text, and the record has what each step spared', { skip }, async () => {
  const stack = new Stack();
  stacks.push(stack);
  const engine = await stack.sim('sim');
  await stack.gateway([onGpu('sim', engine.url, 'sim')], withDocuments());
  const client = stack.client();
  const stepsOf = async (name) => {
    const { data, response } = await client.chat.completions.create(ask(file(name))).withResponse();
    assert.ok(data.usage.prompt_tokens > 100, `${name}: ${data.usage.prompt_tokens} tokens`);
    const view = await finalView(stack.traffic, key, response.headers.get('x-trine-request-id'));
    return Object.fromEntries(view.avoided.map((a) => [a.step, a]));
  };
  const invoice = await stepsOf('15-facture.pdf');
  assert.ok(invoice['documents.repeats'].tokens_in > 0, JSON.stringify(invoice));
  assert.ok(invoice['documents.repeats'].energy_uj > 0 && invoice['documents.repeats'].carbon_ng > 0 && invoice['documents.repeats'].cost_neur > 0,
    JSON.stringify(invoice));
  const scan = await stepsOf('17-escaneado.pdf');
  assert.ok(scan['documents.ocr'].tokens_in > 0, JSON.stringify(scan));
  await stepsOf('16-letter.docx');
});

test('what the model gets are words under a line that says which file they are from', { skip }, async () => {
  const { client, textOf } = await listening(withDocuments());
  await client.chat.completions.create(ask(file('14-wartungsvertrag.pdf')));
  assert.match(textOf(), /File "14-wartungsvertrag\.pdf" \(pdf, \d+ pages\)/);
  assert.match(textOf(), /\[page 2\]/);
  assert.match(textOf(), /Auf die Meldung einer Störung beginnt der Auftragnehmer/);
  await client.chat.completions.create(ask(file('17-escaneado.pdf')));
  assert.match(textOf(), /\(pdf, 1 page, 1 of them by OCR\)/);
  await client.chat.completions.create(ask(file('16-letter.docx')));
  assert.match(textOf(), /File "16-letter\.docx" \(docx, 2 pages\)/);
});

test('a file that cannot be read is 422 with the reason and its place, and the next request works', { skip }, async () => {
  const { client, asked } = await listening(withDocuments());
  await assert.rejects(client.chat.completions.create(ask(file('broken.pdf', Buffer.from('%PDF-1.7\nno more than that')))), (error) => {
    assert.equal(error.status, 422);
    assert.equal(error.code, 'document_unreadable');
    assert.equal(error.param, 'messages[0].content[1]');
    assert.match(error.message, /The document is damaged/);
    return true;
  });
  assert.equal(asked.length, 0);
  assert.equal((await client.chat.completions.create(ask(file('16-letter.docx')))).choices[0].message.content, 'Yes.');
});

test('a real engine answers about a real letter', { skip: skip || realEngine() }, async () => {
  const stack = new Stack();
  stacks.push(stack);
  const engine = await stack.llama();
  await stack.gateway([{ ...onGpu('llama', engine.url), engine: 'llama.cpp', model: 'tiny', catalog_model: 'gpt-oss-20b' }], withDocuments());
  const answer = await stack.client().chat.completions.create(ask(file('16-letter.docx')));
  assert.ok(answer.usage.prompt_tokens > 300, `${answer.usage.prompt_tokens} tokens of a file`);
});

test('without the worker the gateway starts, says so once, and a file is 501', async () => {
  const { stack, client } = await listening(withDocuments({ worker: '/nonexistent/trine-docworker' }));
  await assert.rejects(client.chat.completions.create(ask(file('16-letter.docx'))), { status: 501, code: 'documents_missing' });
  assert.equal((await client.chat.completions.create(ask())).choices[0].message.content, 'Yes.');
  assert.equal(stack.gatewayLog(100).split('Install the package trine-docworker').length, 2);
});
