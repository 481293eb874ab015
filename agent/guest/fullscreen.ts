/** Asks one program and gives what it printed; empty when it failed. */
export type Ask = (argv: readonly string[]) => Promise<string>;

/** `_NET_ACTIVE_WINDOW(WINDOW): window id # 0x3a00007` */
function windowOf(text: string): string | undefined {
  const id = /window id # (0x[0-9a-f]+)/i.exec(text)?.[1];
  return id === undefined || Number(id) === 0 ? undefined : id;
}

/** Whether the window that has the keyboard fills the screen, by what X11's window managers say of it (EWMH). */
export async function isFullscreen(xprop: string, ask: Ask): Promise<boolean> {
  const window = windowOf(await ask([xprop, '-root', '_NET_ACTIVE_WINDOW']));
  if (window === undefined) return false;
  const state = await ask([xprop, '-id', window, '_NET_WM_STATE']);
  return state.includes('_NET_WM_STATE_FULLSCREEN');
}
