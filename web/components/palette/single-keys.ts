import { useSyncExternalStore } from 'react';

const name = 'blog-poster:single-keys';
const listeners = new Set<() => void>();
let here: boolean | null = null;

function stored(): boolean {
  try {
    return localStorage.getItem(name) !== 'off';
  } catch (error) {
    console.info('This browser keeps nothing, so single keys are on.', error);
    return true;
  }
}

/** Whether single keys are commands (WCAG 2.2, 2.1.4: who speaks to the computer says letters without meaning them). */
export const singleKeysOn = (): boolean => here ?? stored();

export function turnSingleKeys(on: boolean): void {
  here = on;
  try {
    localStorage.setItem(name, on ? 'on' : 'off');
  } catch (error) {
    console.info('This browser keeps nothing, so the choice holds until the page is closed.', error);
  }
  for (const listener of listeners) listener();
}

export const useSingleKeys = (): boolean =>
  useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, singleKeysOn);
