import { expect, test } from 'vitest';
import { splitCommand } from '../../../shared/command-words.ts';
import { checkMediaCommand, outputsOf } from '../../../shared/media-command.ts';

/** Words behind the input, up to the output, of one run of ffmpeg. */
const check = (text: string, outputName = 'o.mp4') =>
  checkMediaCommand({
    programs: splitCommand(`ffmpeg -hide_banner -loglevel error -i CLIPGRID_SOURCE ${text}`),
    outputName,
  });
const refused = expect.objectContaining({ code: 'invalid_argument' });

test.each([
  '-vf scale=-2:360 -c:v libx264 -profile:v baseline -level:v 3.0 -x264opts scenecut=0:open_gop=0:min-keyint=72:keyint=72 -minrate 600k -maxrate 600k -bufsize 600k -b:v 600k -y o.mp4',
  '-ss 00:00:01 -to 00:00:03 -c:a copy -y o.mp4',
  '-vf deband,deshake,deflicker,dejudder,removegrain=22,yadif=0:-1:0,eq=contrast=1.2:brightness=0.1 -af volume=1.50,acontrast=0.50 -y o.mp4',
  '-af loudnorm=I=-16:TP=-1.5:LRA=11 -vf curves=preset=vintage,setpts=PTS/2 -r 30000/1001 o.mp4',
  '-filter_complex "[0:v]split[a][b];[a]scale=320:-2[c]" -map "[b]" -map "[c]" -c:a aac -movflags faststart o.mp4',
  '-metadata title="a; rm -rf x" -map 0:v:0 -map -0:s -y o.mp4',
])('allows %s', (text) => {
  expect(check(text).at(-1)?.at(-1)).toBe('o.mp4');
});

test('allows streams of many files, which lie flat beside each other', () => {
  check('-f hls -hls_time 2 -hls_segment_filename seg%03d.ts -hls_fmp4_init_filename i.mp4 o.m3u8', 'o.m3u8');
  check('-f dash -init_seg_name i$RepresentationID$.m4s o.mpd', 'o.mpd');
  check('-f segment -segment_list l.csv part%d.mkv', 'part%d.mkv');
  check('-f image2 -vf fps=1 %04d.jpg', '%04d.jpg');
});

test('runs of ffmpeg follow each other: the first pass throws its output away', () => {
  const pass = (number: number, output: string) => [
    ...['/usr/bin/ffmpeg', '-i', 'CLIPGRID_SOURCE', '-pass', `${number}`],
    ...output.split(' '),
  ];
  const programs = [pass(1, '-f null -'), pass(2, '-y o.mp4')];
  expect(checkMediaCommand({ programs, outputName: 'o.mp4' })[0]?.[0]).toBe('ffmpeg');
  expect(() => checkMediaCommand({ programs: [], outputName: 'o.mp4' })).toThrow('1 to 4 programs');
  expect(() => checkMediaCommand({ programs, outputName: 'x.mp4' })).toThrow('the last word of the command');
});

test.each([
  ['-i other.mp4 o.mp4', 'only input'],
  ['--i other.mp4 o.mp4', 'only input'],
  ['-map 0 CLIPGRID_SOURCE o.mp4', 'nothing can be written'],
  ['-attach x o.mp4', 'not allowed'],
  ['-dump_attachment:t "" o.mp4', 'not allowed'],
  ['-f tee "a.mp4|b.mp4" o.mp4', 'not allowed'],
  ['-f concat o.mp4', 'not allowed'],
  ['-f rtsp rtsp://h/x o.mp4', 'not allowed'],
  ['tcp://h:1 o.mp4', 'work directory'],
  ['-c copy file:o.mp4', 'work directory'],
  ['-c copy /etc/o.mp4', 'absolute'],
  ['-c copy ../o.mp4', '..'],
  ["-c copy '.\\./o.mp4'", '..'],
  ['-vf movie=x.mp4 o.mp4', 'open files'],
  ['-vf subtitles=x.srt o.mp4', 'open files'],
  ['-vf deshake=filename=x o.mp4', 'open files'],
  ['-vf deshake=1:2:3:4:5:6:7:8:9:0:x o.mp4', 'open files'],
  ["-vf deshake,null='[a]':filename=x o.mp4", 'open files'],
  ['-vf curves=psfile=x.acv o.mp4', 'open files'],
  ['-vf deshake,subtitles=x o.mp4', 'open files'],
  ['-/vf graph.txt o.mp4', 'options from files'],
  ['-progress p.txt o.mp4', 'not allowed'],
  ['-passlogfile p o.mp4', 'not allowed'],
  ['-f hls -hls_key_info_file k o.mp4', 'not allowed'],
  ['-f hls -hls_base_url http://h/ o.mp4', 'work directory'],
  ['-f hls -strftime_mkdir 1 o.mp4', 'not allowed'],
  ['-f null - o.mp4', 'by name'],
  ['-f mp4 pipe:1', 'by name'],
  ['-c copy source', 'name of the input'],
  ['-c copy x.ffconcat', 'name other files'],
])('refuses %s', (text, why) => {
  expect(() => check(text, splitCommand(`x ${text}`)[0]?.at(-1))).toThrow(refused);
  expect(() => check(text, splitCommand(`x ${text}`)[0]?.at(-1))).toThrow(why);
});

test('refuses other programs, what has no input, and what says how the source is to be read', () => {
  const one = (...argv: string[]) => checkMediaCommand({ programs: [argv], outputName: 'o.mp4' });
  expect(() => one('sh', '-i', 'CLIPGRID_SOURCE', 'o.mp4')).toThrow('is not ffmpeg');
  expect(() => one('ffmpeg', '-c', 'copy', 'o.mp4')).toThrow('only input');
  expect(() => one('ffmpeg', '-i', '-', 'o.mp4')).toThrow('only input');
  expect(() => one('ffmpeg', '-f', 'hls', '-i', 'CLIPGRID_SOURCE', 'o.mp4')).toThrow('behind the input');
  expect(() => one('ffmpeg', '-i', 'CLIPGRID_SOURCE', 'a\0b', 'o.mp4')).toThrow('control characters');
});

test('tells the files that a run of ffmpeg writes from options and their values', () => {
  expect(
    outputsOf(
      splitCommand('x -y -i s -vf scale=-2:360 -an -ss -5 a.mp4 -shortest -c copy b.mp4')[0]!.slice(1),
    ),
  ).toEqual(['a.mp4', 'b.mp4']);
  expect(outputsOf(['-i', 's', '-f', 'null', '-'])).toEqual(['-']);
});
