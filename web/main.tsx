import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setUpApi } from '@/api/setup.ts';
import { router } from '@/router.tsx';
import './app.css';

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no element with the id "root"');
createRoot(element).render(
  <StrictMode>
    <QueryClientProvider client={setUpApi()}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
