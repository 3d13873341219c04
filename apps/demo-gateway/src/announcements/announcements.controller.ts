import { randomUUID } from 'node:crypto';
import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { object, optional, text, whole } from '../../../demo-contract/checks.js';
import { type Announcement, EVENTS } from '../../../demo-contract/messages.js';
import { ClusterService } from '../cluster/cluster.service.js';

type AnnouncementRequest = Omit<Announcement, 'id'>;
const announcementRequest = object<AnnouncementRequest>({ text: text(500), ratingBonus: optional(whole(1, 5)) });

@Controller('announcements')
export class AnnouncementsController {
  constructor(private readonly cluster: ClusterService) {}

  /** Accepted, not done: nobody answers an event. */
  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  async announce(@Body({ schema: announcementRequest }) request: AnnouncementRequest): Promise<Announcement> {
    const announcement = { id: randomUUID(), ...request };
    await this.cluster.announce(EVENTS.announcement, announcement);
    return announcement;
  }
}
