import { client } from './client/client.gen.ts';
import type { AccountImport } from './client/types.gen.ts';
import type { ApiProblem } from './problem.ts';

/**
 * Sends the archive of an account, and tells how much of it has left (0 to 1). Only XMLHttpRequest says that; it stands in
 * for `fetch` below the client, so that problems come out as they do everywhere. Throws {@link ApiProblem}.
 */
export async function uploadArchive(
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<AccountImport> {
  const { data } = await client.post<{ 200: AccountImport }, ApiProblem, true>({
    url: '/api/v1/me/import',
    body: file,
    bodySerializer: null,
    headers: { 'Content-Type': 'application/zip' },
    fetch: (request) => send(new Request(request), file, onProgress, signal),
    throwOnError: true,
  });
  return data;
}

function send(
  request: Request,
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open(request.method, request.url);
    request.headers.forEach((value, name) => {
      sending.setRequestHeader(name, value);
    });
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total);
    sending.onload = () => {
      const headers = { 'content-type': sending.getResponseHeader('content-type') ?? '' };
      resolve(new Response(sending.responseText, { status: sending.status, headers }));
    };
    // As fetch says it, whatever was in the way.
    sending.onerror = () => reject(new TypeError('The request was not answered.'));
    sending.onabort = () => reject(new DOMException('Stopped.', 'AbortError'));
    signal.addEventListener('abort', () => sending.abort());
    sending.send(file);
  });
}
