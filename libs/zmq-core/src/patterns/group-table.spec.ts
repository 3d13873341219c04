import { createPipe } from '../pipe/pipe.js';
import { GroupMember, GroupTable } from './group-table.js';

const member = (): GroupMember => new GroupMember(createPipe()[0]);

describe('the table of groups', () => {
  it('knows who is in a group, by its exact name', () => {
    const table = new GroupTable();
    const [a, b] = [member(), member()];
    table.join('news', a);
    table.join('news', b);
    table.join('', b);
    expect(table.members('news')).toEqual([a, b]);
    expect(table.members('')).toEqual([b]);
    for (const other of ['new', 'newss', 'News', 'constructor']) expect(table.members(other)).toEqual([]);
  });

  it('who joins twice has joined once; to leave what was not joined is nothing', () => {
    const table = new GroupTable();
    const [a, b] = [member(), member()];
    table.join('g', a);
    table.join('g', a);
    expect([a.groups.size, a.groupBytes]).toEqual([1, 1]);
    table.leave('g', b);
    table.leave('other', a);
    expect(table.members('g')).toEqual([a]);
    table.leave('g', a);
    expect([table.members('g'), a.groups.size, a.groupBytes]).toEqual([[], 0, 0]);
  });

  it('keeps its account whoever leaves first', () => {
    const table = new GroupTable();
    const members = [member(), member(), member(), member()];
    for (const each of members) for (const group of ['a', 'bb', 'ccc']) table.join(group, each);
    table.leave('bb', members[0]!);
    table.leaveAll(members[1]!);
    table.leave('a', members[3]!);
    table.leave('a', members[0]!);
    const of = (group: string) => members.filter((each) => table.members(group).includes(each));
    expect([of('a'), of('bb'), of('ccc')]).toEqual([
      [members[2]],
      [members[2], members[3]],
      [members[0], members[2], members[3]],
    ]);
    for (const group of ['a', 'bb', 'ccc']) expect(table.members(group)).toHaveLength(of(group).length);
    expect(members.map(({ groupBytes }) => groupBytes)).toEqual([3, 0, 6, 5]);
    for (const each of members) table.leaveAll(each);
    for (const group of ['a', 'bb', 'ccc']) expect(table.members(group)).toEqual([]);
  });
});
