using ZeroKnowledge.Calls.Child;

return args switch
{
    ["hsm", string folder, string key] => await HsmReader.RunAsync(folder, key),
    ["frontier", string masked, string chunks] => MemoryImage.TakeKeys(masked, int.Parse(chunks)),
    ["image", string suite, string chunks] => MemoryImage.Run(suite, int.Parse(chunks)),
    ["keys", string most] => KeyObjects.Run(int.Parse(most)),
    ["live", string count, string locked] => LiveRecordings.Run(int.Parse(count), locked),
    _ => 2,
};
