/** 48/RADIO-DISH "Group": at most so many bytes, and none of them zero. */
export const MAX_GROUP_SIZE = 255;

export function isGroup(bytes: Buffer): boolean {
  return bytes.length <= MAX_GROUP_SIZE && !bytes.includes(0);
}
