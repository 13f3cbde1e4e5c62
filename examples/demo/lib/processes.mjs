// Free ports, child processes that never outlive us, and waiting for servers. Also used by the end-to-end tests.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

// True where nobody listens on the loopback port.
export function portIsFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

// `count` different ports that were free a moment ago. All are held until the last is known.
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen({ port: 0, host: '127.0.0.1' }, () => resolve(server));
    })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Calls `probe` until it gives something truthy; throws `sentence` after `ms`.
export async function until(probe, sentence, ms = 10_000, step = 20) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() >= end) throw new Error(`${sentence} (waited ${ms / 1000} s)`);
    await pause(step);
  }
}

export async function answers(url) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

// Children in sessions of their own, so that a Ctrl-C reaches only us and we stop them in order.
export class Children {
  #running = new Map();

  constructor() {
    // The last resort: whatever still runs when we end.
    this.lastResort = () => {
      for (const child of this.#running.keys()) kill(child, 'SIGKILL');
    };
    process.on('exit', this.lastResort);
  }

  // Output goes to `log`. The result has .exited, a promise of {code, signal}.
  start(name, program, args, { log, env = {} }) {
    const out = openSync(log, 'a');
    const child = spawn(program, args, { detached: true, stdio: ['ignore', out, out], env: { ...process.env, ...env } });
    closeSync(out);
    child.label = name;
    child.log = log;
    child.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#running.delete(child);
        resolve({ code, signal });
      });
      child.once('error', (error) => {
        this.#running.delete(child);
        resolve({ code: 127, signal: null, error });
      });
    });
    this.#running.set(child, true);
    return child;
  }

  // Waits for `url`; an early end of the child is an error with the end of its log.
  async ready(child, url, ms = 15_000) {
    let ended = null;
    child.exited.then((how) => (ended = how));
    await until(async () => {
      if (ended) throw new Error(`${child.label} ended (${ended.signal ?? ended.code}) before it was ready:\n${tail(child.log)}`);
      return answers(url);
    }, `${child.label} did not answer at ${url}:\n${tail(child.log)}`, ms);
  }

  // SIGTERM, then SIGKILL after `grace` ms. The result is how it ended.
  async stop(child, grace = 10_000) {
    kill(child, 'SIGTERM');
    const timer = setTimeout(() => kill(child, 'SIGKILL'), grace);
    const how = await child.exited;
    clearTimeout(timer);
    return how;
  }

  // The last started first.
  async stopAll(grace = 10_000) {
    for (const child of [...this.#running.keys()].reverse()) await this.stop(child, grace);
    process.off('exit', this.lastResort);
  }
}

export function kill(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  try {
    process.kill(child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

export function tail(file, lines = 15) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '';
  }
}
