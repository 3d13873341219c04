export { turns, until } from '../../../../test/support/turns.js';
