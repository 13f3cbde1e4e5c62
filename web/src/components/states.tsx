// What stands where there is nothing to show: why, and what to do.
import type { ComponentChildren } from 'preact';
import type { Query } from '../api/query';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="state">
      <p class="state-title">{title}</p>
      {children && <div class="state-text">{children}</div>}
    </div>
  );
}

export function Failed({ query, what }: { query: Query<unknown>; what: string }) {
  const error = query.error;
  if (!error) return null;
  return (
    <div class="state state-bad" role="alert">
      <p class="state-title">{what} could not be read</p>
      <p class="state-text">{error.message}</p>
      {error.retryAfterSeconds != null && <p class="state-text">Try again in {error.retryAfterSeconds} s.</p>}
      <button type="button" class="button" onClick={query.reload}>
        Try again
      </button>
    </div>
  );
}

// The content once there is data; before that a quiet placeholder, or the failure. With data a failure is a line above it.
export function Loaded<T>({
  query,
  what,
  children,
}: {
  query: Query<T>;
  what: string;
  children: (data: T) => ComponentChildren;
}) {
  if (query.data == null) {
    if (query.error) return <Failed query={query} what={what} />;
    return (
      <div class="state state-loading" role="status" aria-live="polite">
        <span class="hidden-text">Reading {what.toLowerCase()}</span>
        <span class="skeleton" />
        <span class="skeleton skeleton-short" />
      </div>
    );
  }
  return (
    <>
      {query.error && (
        <p class="notice notice-bad" role="alert">
          {query.error.message} What stands here is older.{' '}
          <button type="button" class="link-button" onClick={query.reload}>
            Try again
          </button>
        </p>
      )}
      {children(query.data)}
    </>
  );
}
