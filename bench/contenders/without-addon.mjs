/** A hook of Node's loader: a process that has it finds no sodium-native. */
export function resolve(specifier, context, next) {
  if (specifier === 'sodium-native') throw new Error('sodium-native is hidden');
  return next(specifier, context);
}
