import { python } from '@codemirror/lang-python';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface ScriptEditorProps {
  readonly value: string;
  /** What it is called, read out. */
  readonly label: string;
  readonly changed: (text: string) => void;
}

/** Light in both themes: the colours that come with the language are made for a light ground. It grows with its text. */
const LOOK = EditorView.theme({
  '&': { color: '#1a2026', backgroundColor: '#ffffff', fontSize: '13px', colorScheme: 'light' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-content': { fontFamily: 'var(--mono)', caretColor: '#1a2026', minHeight: '180px' },
  '.cm-gutters': { backgroundColor: '#f1f3f5', color: '#525c66', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: '#e9edf0' },
});

/**
 * Python with colours. It lives in a shadow root: only there does the editor adopt its style sheets instead of writing style
 * elements, which the page's policy refuses. Tab leaves it, so that the keyboard is not caught.
 */
export function ScriptEditor({ value, label, changed }: ScriptEditorProps): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(undefined);
  const told = useRef(changed);
  told.current = changed;
  useEffect(() => {
    if (host.current === null) return undefined;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          basicSetup,
          python(),
          LOOK,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) told.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, []);
  useEffect(() => {
    const view = editor.current;
    if (view === undefined || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);
  return <div class="script-editor" ref={host} />;
}
