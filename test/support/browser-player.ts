import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { chromiumPath } from './chromium.ts';

/** What a player did, told by its own events. */
export interface Played {
  /** Heights of the levels that the master lists, from the lowest. */
  readonly levels: readonly number[];
  /** Levels that it played, in order, as numbers of `levels`. */
  readonly switches: readonly number[];
  /** Those after which it could not go on. */
  readonly errors: readonly string[];
  readonly playedS: number;
  /** Languages of the tracks of sound that are to be chosen from. */
  readonly sounds: readonly string[];
  /** Tracks that it changed to: the second is asked for in the middle, where there is one. */
  readonly soundSwitches: readonly number[];
}

/**
 * Run in the page, so it knows nothing of this file: plays to the end, twice as fast as people look, and asks for another
 * level every two seconds of the film, once it has the one before.
 */
const SCRIPT = `
  new Promise((resolve) => {
    const video = document.querySelector('video');
    const hls = new Hls({ startLevel: 0, maxBufferLength: 3 });
    const switches = [], errors = [], soundSwitches = [];
    hls.on(Hls.Events.AUDIO_TRACK_SWITCHED, (_, data) => data.id > 0 && soundSwitches.push(data.id));
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, data) => switches.push(data.level));
    hls.on(Hls.Events.ERROR, (_, data) => data.fatal && errors.push(data.type + ' ' + data.details));
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
    video.defaultPlaybackRate = video.playbackRate = 2;
    const wanted = [1, 0, 1];
    video.addEventListener('timeupdate', () => {
      const asked = 3 - wanted.length;
      if (wanted.length > 0 && switches.length > asked && video.currentTime >= 2 * (asked + 1))
        hls.currentLevel = wanted.shift();
      if (hls.audioTracks.length > 1 && hls.audioTrack === 0 && video.currentTime >= 3) hls.audioTrack = 1;
    });
    const done = () => resolve({
      levels: hls.levels.map((level) => level.height), switches, errors, playedS: video.currentTime,
      sounds: hls.audioTracks.map((track) => track.lang), soundSwitches,
    });
    video.addEventListener('ended', done);
    setTimeout(done, 60000);
    hls.loadSource(location.hash.slice(1));
    hls.attachMedia(video);
  })`;

/** A cue of a track as a player showed it. */
export interface ShownCue {
  readonly track: string;
  readonly text: string;
  /** As the player has it on the time line of the video. */
  readonly fromS: number;
  readonly toS: number;
  /** Where the video stood when it was first seen. */
  readonly seenAtS: number;
}

export interface PlayedSubtitles {
  readonly tracks: readonly { name: string; lang: string; default: boolean; forced: boolean }[];
  readonly shown: readonly ShownCue[];
  /** Those after which it could not go on, and all about the text. */
  readonly errors: readonly string[];
}

/** Run in the page: plays to the end and asks for the second track of text after three seconds of the film. */
const SUBTITLE_SCRIPT = `
  new Promise((resolve) => {
    const video = document.querySelector('video');
    const hls = new Hls();
    const shown = [], errors = [];
    hls.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal || /subtitle/i.test(data.details)) errors.push(data.type + ' ' + data.details);
    });
    hls.on(Hls.Events.MANIFEST_PARSED, () => video.play());
    const look = () => {
      if (video.currentTime >= 3 && hls.subtitleTrack === 0) hls.subtitleTrack = 1;
      for (const track of video.textTracks)
        for (const cue of (track.mode === 'showing' && track.activeCues) || [])
          if (!shown.some((one) => one.text === cue.text))
            shown.push({
              track: track.label, text: cue.text, fromS: cue.startTime, toS: cue.endTime, seenAtS: video.currentTime,
            });
      requestAnimationFrame(look);
    };
    look();
    const done = () => resolve({
      tracks: hls.subtitleTracks.map((track) => ({
        name: track.name, lang: track.lang, default: track.default, forced: track.forced,
      })),
      shown, errors,
    });
    video.addEventListener('ended', done);
    setTimeout(done, 60000);
    hls.loadSource(location.hash.slice(1));
    hls.attachMedia(video);
  })`;

/** Plays a master playlist by hls.js in Chromium, from a page of another origin. */
export function playInBrowser(master: string): Promise<Played> {
  return runInPlayer(master, SCRIPT);
}

/** The same with its text. */
export function readInBrowser(master: string): Promise<PlayedSubtitles> {
  return runInPlayer(master, SUBTITLE_SCRIPT);
}

async function runInPlayer<T>(master: string, script: string): Promise<T> {
  const executablePath = chromiumPath();
  const library = readFileSync('node_modules/hls.js/dist/hls.min.js', 'utf8');
  const page = `<!doctype html><video muted></video><script>${library.replaceAll('</script', '<\\/script')}</script>`;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const args = ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/#${master}`);
    return await tab.evaluate<T>(script);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
