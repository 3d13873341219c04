import { Recipient } from './distributor.js';

/** A DISH and the groups it has joined. */
export class GroupMember extends Recipient {
  /** Each group, and this member's place in the list there. */
  readonly groups = new Map<string, number>();
  /** The sum of the lengths of their names. */
  groupBytes = 0;
  /** Its connection is gone; the groups are still those of the peer that was there. */
  lost = false;
}

/**
 * Groups → their members. Names match exactly (48/RADIO-DISH), and are latin1
 * strings here: a character per byte. Who joins twice has joined once.
 */
export class GroupTable {
  readonly #groups = new Map<string, GroupMember[]>();

  members(group: string): readonly GroupMember[] {
    return this.#groups.get(group) ?? NOBODY;
  }

  join(group: string, member: GroupMember): void {
    if (member.groups.has(group)) return;
    let members = this.#groups.get(group);
    if (members === undefined) this.#groups.set(group, (members = []));
    member.groups.set(group, members.length);
    member.groupBytes += group.length;
    members.push(member);
  }

  leave(group: string, member: GroupMember): void {
    const index = member.groups.get(group);
    if (index === undefined) return;
    member.groups.delete(group);
    member.groupBytes -= group.length;
    const members = this.#groups.get(group)!;
    const moved = members.pop()!;
    if (moved !== member) {
      members[index] = moved;
      moved.groups.set(group, index);
    }
    if (members.length === 0) this.#groups.delete(group);
  }

  leaveAll(member: GroupMember): void {
    for (const group of member.groups.keys()) this.leave(group, member);
  }
}

const NOBODY: readonly GroupMember[] = [];
