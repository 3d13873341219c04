export { turns, until } from '../support/turns.js';
