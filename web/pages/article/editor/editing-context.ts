import { createContext, use } from 'react';
import type { EditorSession } from './session.ts';

/** The article while it is edited; apart from the editor itself, so that panels can ask without loading it. */
export const EditingContext = createContext<EditorSession | null>(null);

/** The open editor: its text as Markdown, the passage that is selected, and ways to change and show it. Null while one only reads. */
export const useOpenSession = (): EditorSession | null => use(EditingContext);
