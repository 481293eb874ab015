import { render } from 'preact';
import { createApp } from './app/create-app.ts';
import { Root } from './app/root.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/table.css';

const app = createApp(window);
const root = document.getElementById('app');
if (root) render(<Root app={app} />, root);
void app.session.load();
