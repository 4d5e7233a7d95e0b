// The interface under /sandbox/api/. A failure is an Error whose text is the station's own, in the page's language.

import { say, t } from './i18n.js';
import { notify } from './dom.js';

export const BASE = '/sandbox/api';

/// One call; `body` is sent as JSON. Answers the reply's JSON, or nothing where there is none.
export async function call(method, path, body, signal) {
  let reply;
  try {
    reply = await fetch(BASE + path, {
      method,
      signal,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error(t('unreachable'));
  }
  const text = await reply.text();
  let value;
  try {
    value = text ? JSON.parse(text) : undefined;
  } catch {
    value = undefined;
  }
  if (reply.ok) return value;
  const error = new Error(say(value?.error) || `HTTP ${reply.status}`);
  error.status = reply.status;
  throw error;
}

/// What a button does: the call's answer, or undefined after the failure was shown.
export async function attempt(method, path, body) {
  try {
    return await call(method, path, body) ?? {};
  } catch (error) {
    notify(error.message, true);
    return undefined;
  }
}

/// A path's segment from any text.
export const segment = encodeURIComponent;
