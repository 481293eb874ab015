const HARDWARE_ENCODER = /_(nvenc|vaapi|qsv|amf|videotoolbox|v4l2m2m|mf|omx|vulkan|rkmpp)$/;

/** Whether an encoder of ffmpeg works on special hardware, by its name: e.g. `hevc_nvenc`. */
export function isHardwareEncoder(encoder: string): boolean {
  return HARDWARE_ENCODER.test(encoder);
}
