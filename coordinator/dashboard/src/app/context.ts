import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { App } from './create-app.ts';

export const AppContext = createContext<App | undefined>(undefined);

/** What `createApp` made. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error('outside of the page');
  return app;
}
