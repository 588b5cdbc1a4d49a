using ZeroKnowledge.Calls.Child;

return args switch
{
    ["image", string suite, string chunks] => MemoryImage.Run(suite, int.Parse(chunks)),
    ["live", string count, string locked] => LiveRecordings.Run(int.Parse(count), locked),
    _ => 2,
};
