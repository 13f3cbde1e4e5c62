import './styles/tokens.css';
import './styles/base.css';
import './styles/layout.css';
import './styles/components.css';
import './styles/data.css';
import './styles/overlays.css';
import './styles/request.css';
import './styles/pages.css';
import { render } from 'preact';
import { App } from './app';

render(<App />, document.getElementById('app')!);
