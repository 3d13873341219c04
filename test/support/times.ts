/** How many times as much is tried of what goes by chance: 1 in the suite, more in `npm run test:long`. */
export const times = Number(process.env['TEST_TIMES'] ?? 1);
