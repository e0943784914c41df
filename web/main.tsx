import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setUpApi } from '@/api/setup.ts';
import { language } from '@/language.ts';
import { createAppRouter } from '@/router.tsx';
import './app.css';

document.documentElement.lang = language;
const element = document.getElementById('root');
if (!element) throw new Error('index.html has no element with the id "root"');
const queries = setUpApi();
const router = createAppRouter(queries);
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
