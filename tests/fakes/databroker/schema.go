package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// The schema of common/pb/wire-schema.tsv as descriptors, so that the server shares no code with the client.
type schema struct{ types *dynamicpb.Types }

var packages = []string{"pomerium.config", "databroker"}

var scalars = map[string]descriptorpb.FieldDescriptorProto_Type{
	"string": descriptorpb.FieldDescriptorProto_TYPE_STRING, "bytes": descriptorpb.FieldDescriptorProto_TYPE_BYTES,
	"bool": descriptorpb.FieldDescriptorProto_TYPE_BOOL, "double": descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
	"int32": descriptorpb.FieldDescriptorProto_TYPE_INT32, "int64": descriptorpb.FieldDescriptorProto_TYPE_INT64,
	"uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32, "uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64,
}

type table struct {
	messages map[string]*descriptorpb.DescriptorProto
	enums    map[string]*descriptorpb.EnumDescriptorProto
}

func last(name string) string { return name[strings.LastIndex(name, ".")+1:] }

func (t *table) message(name string) *descriptorpb.DescriptorProto {
	if t.messages[name] == nil {
		t.messages[name] = &descriptorpb.DescriptorProto{Name: proto.String(last(name))}
	}
	return t.messages[name]
}

func (t *table) typed(field *descriptorpb.FieldDescriptorProto, kind string) {
	if scalar, ok := scalars[kind]; ok {
		field.Type = scalar.Enum()
		return
	}
	field.TypeName = proto.String("." + kind)
	field.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	if t.enums[kind] != nil {
		field.Type = descriptorpb.FieldDescriptorProto_TYPE_ENUM.Enum()
	} else if !strings.HasPrefix(kind, "google.") {
		t.message(kind) // a message without fields has no row
	}
}

func newField(name string, number int32) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{Name: proto.String(name), Number: proto.Int32(number),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()}
}

func (t *table) add(cells []string) {
	message, label, kind := t.message(cells[0]), cells[3], cells[4]
	number, _ := strconv.Atoi(cells[1])
	field := newField(cells[2], int32(number))
	if label != "single" {
		field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	}
	if key, value, ok := strings.Cut(kind, "->"); ok {
		entry := camel(cells[2]) + "Entry"
		pair := t.message(cells[0] + "." + entry)
		pair.Options = &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}
		for i, of := range []string{key, value} {
			half := newField([]string{"key", "value"}[i], int32(i+1))
			t.typed(half, of)
			pair.Field = append(pair.Field, half)
		}
		kind = cells[0] + "." + entry
	}
	t.typed(field, kind)
	message.Field = append(message.Field, field)
}

func camel(name string) string {
	var out strings.Builder
	for _, word := range strings.Split(name, "_") {
		if word != "" {
			out.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return out.String()
}

func readTable(path string) (*table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	t := &table{map[string]*descriptorpb.DescriptorProto{}, map[string]*descriptorpb.EnumDescriptorProto{}}
	var fields [][]string
	inEnums := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		cells := strings.Split(lines.Text(), "\t")
		switch {
		case cells[0] == "enum":
			inEnums = true
		case cells[0] == "" || cells[0] == "message":
		case inEnums:
			if t.enums[cells[0]] == nil {
				t.enums[cells[0]] = &descriptorpb.EnumDescriptorProto{Name: proto.String(last(cells[0]))}
			}
			number, _ := strconv.Atoi(cells[1])
			t.enums[cells[0]].Value = append(t.enums[cells[0]].Value,
				&descriptorpb.EnumValueDescriptorProto{Name: proto.String(cells[2]), Number: proto.Int32(int32(number))})
		default:
			fields = append(fields, cells)
		}
	}
	for _, cells := range fields {
		t.add(cells)
	}
	return t, nil
}

// Puts each message into the one or the package that its name says.
func (t *table) file(pkg string) *descriptorpb.FileDescriptorProto {
	file := &descriptorpb.FileDescriptorProto{Name: proto.String(pkg), Package: proto.String(pkg), Syntax: proto.String("proto2")}
	for _, known := range []string{"any", "duration", "field_mask", "struct", "timestamp", "wrappers"} {
		file.Dependency = append(file.Dependency, "google/protobuf/"+known+".proto")
	}
	for name, message := range t.messages {
		parent := strings.TrimSuffix(name, "."+last(name))
		if parent == pkg {
			file.MessageType = append(file.MessageType, message)
		} else if strings.HasPrefix(name, pkg+".") {
			t.messages[parent].NestedType = append(t.messages[parent].NestedType, message)
		}
	}
	for name, enum := range t.enums {
		parent := strings.TrimSuffix(name, "."+last(name))
		if parent == pkg {
			file.EnumType = append(file.EnumType, enum)
		} else if strings.HasPrefix(name, pkg+".") {
			t.messages[parent].EnumType = append(t.messages[parent].EnumType, enum)
		}
	}
	return file
}

func loadSchema(path string) (*schema, error) {
	t, err := readTable(path)
	if err != nil {
		return nil, err
	}
	files := &protoregistry.Files{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		return files.RegisterFile(file) == nil
	})
	for _, pkg := range packages {
		file, err := protodesc.NewFile(t.file(pkg), files)
		if err != nil {
			return nil, err
		}
		if err := files.RegisterFile(file); err != nil {
			return nil, err
		}
	}
	return &schema{dynamicpb.NewTypes(files)}, nil
}

// message is a protobuf message whose fields are read and set by name.
type message struct{ protoreflect.Message }

func (s *schema) new(name string) message {
	kind, err := s.types.FindMessageByName(protoreflect.FullName(name))
	if err != nil {
		panic(err)
	}
	return message{kind.New()}
}

func (m message) field(name string) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(protoreflect.Name(name))
}
func (m message) text(name string) string   { return m.Get(m.field(name)).String() }
func (m message) number(name string) uint64 { return m.Get(m.field(name)).Uint() }
func (m message) integer(name string) int64 { return m.Get(m.field(name)).Int() }
func (m message) flag(name string) bool     { return m.Get(m.field(name)).Bool() }
func (m message) has(name string) bool      { return m.Has(m.field(name)) }
func (m message) sub(name string) message   { return message{m.Mutable(m.field(name)).Message()} }
func (m message) set(name string, value any) message {
	m.Set(m.field(name), protoreflect.ValueOf(value))
	return m
}
func (m message) put(name string, value message) message {
	m.Set(m.field(name), protoreflect.ValueOfMessage(value.Message))
	return m
}
func (m message) push(name string, value message) {
	m.Mutable(m.field(name)).List().Append(protoreflect.ValueOfMessage(value.Message))
}
func (m message) list(name string) []message {
	var out []message
	items := m.Get(m.field(name)).List()
	for i := range items.Len() {
		out = append(out, message{items.Get(i).Message()})
	}
	return out
}
