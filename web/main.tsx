import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setUpApi } from '@/api/setup.ts';
import { noteError, watchErrors } from '@/errors/watch-errors.ts';
import { language } from '@/language.ts';
import { createAppRouter } from '@/router.tsx';
import './app.css';

document.documentElement.lang = language;
const element = document.getElementById('root');
if (!element) throw new Error('index.html has no element with the id "root"');
const queries = setUpApi();
const router = createAppRouter(queries);
watchErrors(queries).catch((error) => console.info('Whether errors are to be told could not be read.', error));
/** What the page of errors shows in place of a page is an error of the program all the same. */
function noteCaught(error: unknown): void {
  console.error(error);
  noteError(error);
}
createRoot(element, { onCaughtError: noteCaught }).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
