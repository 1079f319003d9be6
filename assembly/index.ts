export { book } from './book';
export { addEntry } from './entries';
export { match } from './match';
