// Fetches from this gateway, and says failures in the server's words.
import { signal } from '@preact/signals';
import type { Me } from './types';

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

export const me = signal<Me | null>(null);

async function failure(response: Response): Promise<ApiError> {
  let message = `The gateway answered ${response.status}.`;
  try {
    const body = (await response.json()) as { error?: { message?: string } };
    if (body.error?.message) message = body.error.message;
  } catch {
    // Not JSON: the status has to do.
  }
  const retry = Number(response.headers.get('retry-after'));
  return new ApiError(response.status, message, Number.isFinite(retry) && retry > 0 ? retry : null);
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'The gateway does not answer. Is it running, and can this machine reach it?');
  }
  if (response.status === 401 && me.value?.signed_in)
    me.value = { ...me.value, signed_in: false, role: null, csrf: null };
  if (!response.ok) throw await failure(response);
  return (await response.json()) as T;
}

export function get<T>(url: string, stop?: AbortSignal): Promise<T> {
  return ask<T>(url, stop ? { signal: stop } : {});
}

export function post<T>(url: string, body: unknown): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (me.value?.csrf) headers['x-trine-csrf'] = me.value.csrf;
  return ask<T>(url, { method: 'POST', headers, body: JSON.stringify(body) });
}
