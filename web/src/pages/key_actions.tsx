// Changes of keys. Each is confirmed, sent with the session's CSRF token, and stands in the audit log.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { ApiError, get, me, post } from '../api/client';
import type { Key, Listed } from '../api/types';

interface DialogProps {
  title: string;
  action: string;
  children: ComponentChildren;
  onSubmit: (form: Record<string, string>) => Promise<ComponentChildren>; // what to show when it is done
  onClose: () => void;
}

function FormDialog({ title, action, children, onSubmit, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<ComponentChildren>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)) as Record<string, string>;
    setBusy(true);
    setError('');
    try {
      const told = await onSubmit(form);
      if (told == null) onClose();
      else setDone(told);
    } catch (e) {
      setError(e instanceof ApiError ? e.message : String(e));
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog class="dialog" ref={dialog} aria-label={title} onClose={onClose}>
      <h2>{title}</h2>
      {done != null ? (
        <>
          {done}
          <div class="popover-foot">
            <button type="button" class="button" onClick={onClose}>
              Close
            </button>
          </div>
        </>
      ) : (
        <form onSubmit={(e) => void submit(e)}>
          {children}
          {error && (
            <p class="notice notice-bad" role="alert">
              {error}
            </p>
          )}
          <div class="popover-foot">
            <button type="button" class="button button-quiet" onClick={onClose}>
              Cancel
            </button>
            <button type="submit" class="button button-main" disabled={busy}>
              {action}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}

// Only what was filled in: the API takes no empty texts for "not said".
const said = (form: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(form).filter(([, v]) => v.trim() !== ''));

function Secret({ text }: { text: string }) {
  return (
    <>
      <p>This is the key. It is shown this once:</p>
      <pre class="formula secret" tabIndex={0}>
        {text}
      </pre>
    </>
  );
}

export function KeyActions({ of, changed }: { of: Key; changed: () => void }) {
  const [open, setOpen] = useState<'revoke' | 'rotate' | null>(null);
  const mayNot = of.role !== 'none' && me.value?.role !== 'admin';
  if (of.state === 'revoked' || mayNot) return null;
  const close = (): void => {
    setOpen(null);
    changed();
  };
  return (
    <span class="key-actions">
      {of.state === 'works' && (
        <button type="button" class="link-button" aria-label={`Rotate ${of.id}`} onClick={() => setOpen('rotate')}>
          Rotate
        </button>
      )}
      <button type="button" class="link-button" aria-label={`Revoke ${of.id}`} onClick={() => setOpen('revoke')}>
        Revoke
      </button>
      {open === 'revoke' && (
        <FormDialog
          title={`Revoke ${of.id}?`}
          action="Revoke"
          onClose={close}
          onSubmit={async (form) => {
            await post(`/v1/admin/keys/${of.id}/revoke`, said(form));
            return null;
          }}
        >
          <p>From the answer on the key works no more. There is no way back.</p>
          <label class="field">
            <span>Because (it goes into the audit log)</span>
            <input name="because" maxLength={256} />
          </label>
        </FormDialog>
      )}
      {open === 'rotate' && (
        <FormDialog
          title={`Rotate ${of.id}?`}
          action="Rotate"
          onClose={close}
          onSubmit={async (form) => (
            <Secret text={(await post<{ key: string }>(`/v1/admin/keys/${of.id}/rotate`, said(form))).key} />
          )}
        >
          <p>A new key with the same rights is made. The old one works for the overlap.</p>
          <label class="field">
            <span>Overlap</span>
            <input name="overlap" defaultValue="24h" pattern="\d+[smhd]" />
          </label>
        </FormDialog>
      )}
    </span>
  );
}

// A group that is not there yet is made first; one that is there stays as it is.
async function makeKey(form: Record<string, string>): Promise<string> {
  const groups = await get<Listed<{ path: string }>>('/v1/admin/teams');
  const path = form.group ?? '';
  if (!groups.data.some((g) => g.path === path)) await post('/v1/admin/teams', { path });
  return (await post<{ key: string }>('/v1/admin/keys', form)).key;
}

export function NewKey({ changed }: { changed: () => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button button-main" onClick={() => setOpen(true)}>
        New key
      </button>
      {open && (
        <FormDialog
          title="New key"
          action="Make the key"
          onClose={() => {
            setOpen(false);
            changed();
          }}
          onSubmit={async (form) => <Secret text={await makeKey(said(form))} />}
        >
          <label class="field">
            <span>Group: organisation, organisation/team or organisation/team/project</span>
            <input name="group" required />
          </label>
          <label class="field">
            <span>Label</span>
            <input name="label" />
          </label>
          <label class="field">
            <span>Workload</span>
            <input name="workload" />
          </label>
          <label class="field">
            <span>Role on this port</span>
            <select name="role">
              <option>none</option>
              <option>viewer</option>
              <option>operator</option>
              <option>admin</option>
            </select>
          </label>
          <label class="field">
            <span>Expires after, such as 90d; empty for never</span>
            <input name="expires" pattern="\d+[smhd]" />
          </label>
        </FormDialog>
      )}
    </>
  );
}
